package io.espalier.gpu.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.espalier.gpu.train.LearningRate.Decay;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Rates of a run of 101 steps, 10 of them warm-up, from 1 down to 0.1; WSD decays over the last 21. */
class LearningRateTest {
    @ParameterizedTest
    @CsvSource({
        "COSINE, 55, 0.55, 0.1",
        "LINEAR, 55, 0.55, 0.1",
        "CONSTANT, 55, 1, 1",
        "WSD, 79, 1, 0.1",
        "WSD, 85, 0.55, 0.1"
    })
    void warmsUpHoldsAndFalls(Decay decay, long middle, double then, double last) {
        LearningRate rate = LearningRate.of(decay, 1, 0.1, 10, 101, 21);
        assertThat(rate.at(0)).isCloseTo(0.1, within(1e-12));
        assertThat(rate.at(9)).isCloseTo(1, within(1e-12));
        assertThat(rate.at(10)).isCloseTo(1, within(1e-12));
        assertThat(rate.at(middle)).isCloseTo(then, within(1e-12));
        assertThat(rate.at(100)).isCloseTo(last, within(1e-12));
        assertThat(rate.at(1000)).isCloseTo(last, within(1e-12));
    }

    @Test
    void aRunOfOneStepHasItsPeak() {
        assertThat(LearningRate.of(Decay.COSINE, 1, 0.1, 0, 1, 0).at(0)).isEqualTo(1);
    }
}
