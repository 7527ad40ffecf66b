package io.espalier.gpu.distill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.gpu.Refused;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Losses are read as written, and said back as they are read. */
class LossSyntaxTest {
    @ParameterizedTest
    @CsvSource({
        "forward-kl, forward-kl",
        "jsd, jsd:0.5",
        "jsd:0.1=2, jsd:0.1",
        "skew-forward-kl, skew-forward-kl:0.1",
        "skew-reverse-kl:0.2, skew-reverse-kl:0.2",
        "top-k:64, top-k:64:tail",
        "top-k:8:left-out, top-k:8:left-out",
        "total-variation, total-variation",
        "ce=0.25, ce"
    })
    void namesAndParameters(String text, String label) {
        LossMix mix = LossSyntax.mix(List.of(text), 1);
        assertThat(mix.labels()).containsExactly(label);
        assertThat(LossSyntax.mix(mix.labels(), 1).labels()).isEqualTo(mix.labels());
    }

    @Test
    void weightsAndTemperature() {
        LossMix mix = LossSyntax.mix(List.of("forward-kl", "ce=0.2"), 2);
        assertThat(mix.parts()).extracting(LossMix.Part::weight).containsExactly(1.0, 0.2);
        assertThat(mix.temperature()).isEqualTo(2);
        assertThat(mix.needsTeacher()).isTrue();
        assertThat(LossMix.CROSS_ENTROPY.needsTeacher()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "kl, must be one of forward-kl",
        "jsd:1, must be between 0 and 1",
        "jsd:x, 'x' must be a number",
        "forward-kl:2, must have at most 0 parameters",
        "top-k, must say how many",
        "top-k:2.5, must name a whole number",
        "top-k:0, must be at least 1",
        "top-k:4:some, 'must end in one of tail, left-out, zero'",
        "ce=0, must be above 0",
        "ce=-1, must be above 0"
    })
    void whatIsWrongIsRefusedByName(String text, String rule) {
        assertThatThrownBy(() -> LossSyntax.mix(List.of(text), 1))
                .isInstanceOf(Refused.class)
                .hasMessageContaining("loss")
                .hasMessageContaining(rule);
    }
}
