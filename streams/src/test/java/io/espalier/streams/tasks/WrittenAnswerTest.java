package io.espalier.streams.tasks;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Numbers are those that lm-eval 0.4.13's filters found in texts; its exact_match held them for the solution or not. */
@Timeout(10)
class WrittenAnswerTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "so #### 1,234. | x #### 1234 | 1,234. | true | 1,234. | true",
                "It costs $5.50 or 7 | #### 7 | [invalid] | false | 7 | true",
                "none | #### 3 | [invalid] | false | [invalid] | false",
                "#### -12 then #### 13 | #### 13 | -12 | false | 13 | true",
                "a, b. $ 3 apples. | #### 3 | [invalid] | false | 3 | true",
                "the answer is 72. | t #### 72 | [invalid] | false | 72. | true",
                "total $1,000. | #### 1,000 | [invalid] | false | $1,000. | true",
                "..., and 4 | #### 4 | [invalid] | false | 4 | true",
                "#### 5.00 | #### 5 | 5.00 | false | 5.00 | false"
            })
    void theNumberIsFoundAndCompared(
            String written, String solution, String strict, boolean strictly, String last, boolean loosely) {
        assertThat(WrittenAnswer.STRICT_MATCH.find(written)).isEqualTo(strict);
        assertThat(WrittenAnswer.STRICT_MATCH.isRight(written, solution)).isEqualTo(strictly);
        assertThat(WrittenAnswer.FLEXIBLE_EXTRACT.find(written)).isEqualTo(last);
        assertThat(WrittenAnswer.FLEXIBLE_EXTRACT.isRight(written, solution)).isEqualTo(loosely);
    }
}
