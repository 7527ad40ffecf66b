package io.espalier.actors.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A daemon's answers read as people read: short numbers, times to the second, dashes for what is not there. */
@Timeout(30)
class AnswerTextTest {
    private static JsonNode json(String text) throws IOException {
        return JsonMapper.builder().build().readTree(text);
    }

    @Test
    void numbersHaveThreeSignificantDigitsWhateverTheirSize() {
        assertThat(Stream.of(
                                0.0,
                                1e-3,
                                0.00191,
                                0.014654444794517264,
                                6.4e-4,
                                -0.067,
                                12.345,
                                999.7,
                                1234.6,
                                2e6,
                                Double.NaN)
                        .map(AnswerText::number))
                .containsExactly(
                        "0",
                        "0.001",
                        "0.00191",
                        "0.0147",
                        "6.40e-04",
                        "-0.067",
                        "12.3",
                        "1000",
                        "1235",
                        "2.00e+06",
                        "-");
    }

    @Test
    void aWatchedJobIsALineThatCanBeReadAndALackOfFiguresIsADash() throws IOException {
        assertThat(AnswerText.line(json("""
            {"time":"2026-11-27T20:31:57.882943065Z","state":"running","step":541,"loss":0.014654444794517264,
             "kl":6.4e-4,"published":"v000002"}\
            """)))
                .isEqualTo("2026-11-27T20:31:57Z  running  step 541  loss 0.0147  kl 6.40e-04  published v000002");
        assertThat(AnswerText.line(json("""
            {"time":"2026-11-27T20:31:57Z","state":"starting","step":0,"loss":null,"kl":null,"published":""}\
            """)))
                .isEqualTo("2026-11-27T20:31:57Z  starting  step 0  loss -  kl -  published -");
    }

    @Test
    void theLedgerShowsWhichRecordsOfWhichSourceAreInEachCheckpoint() throws IOException {
        String text = AnswerText.ledger(json("""
            {"total":7,"truncated":true,"ledger":[
             {"step":5,"sha256":"0123456789abcdef","dead":0,"duplicates":1,"ranges":[
              {"source":"chat","partition":0,"from":0,"to":40},{"source":"chat","partition":1,"log":2,"from":7,"to":9}]},
             {"step":10,"sha256":"fedcba9876543210","dead":2,"duplicates":0,"ranges":[]}]}\
            """));
        List<String> lines = text.lines().toList();
        assertThat(lines).hasSize(4);
        assertThat(lines.get(0).split(" +")).containsExactly("step", "records", "dead", "duplicates", "sha256");
        assertThat(lines.get(1)).contains("5  chat/0 [0, 40); chat/1 log 2 [7, 9)", "0123456789ab");
        assertThat(lines.get(2)).contains("10  - ", "fedcba987654").doesNotContain("fedcba98765432");
        assertThat(lines.get(3)).isEqualTo("The last 2 of 7 checkpoints.");
    }
}
