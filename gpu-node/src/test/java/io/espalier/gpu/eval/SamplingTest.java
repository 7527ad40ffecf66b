package io.espalier.gpu.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.espalier.gpu.Refused;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The next token is the likeliest, or a fair draw from the nucleus. */
class SamplingTest {
    private static final float[] LOGITS = {9, 9, (float) Math.log(0.5), (float) Math.log(0.3), (float) Math.log(0.2)};

    private static double[] shares(Sampling sampling) {
        SplittableRandom random = new SplittableRandom(11);
        double[] shares = new double[3];
        for (int i = 0; i < 20_000; i++) {
            shares[sampling.choose(LOGITS, 2, 3, random)] += 1.0 / 20_000;
        }
        return shares;
    }

    @Test
    void greedyTakesTheLikeliestOfItsRow() {
        assertThat(Sampling.GREEDY.choose(LOGITS, 2, 3, new SplittableRandom(1)))
                .isZero();
    }

    @Test
    void temperatureOneDrawsByProbability() {
        assertThat(shares(new Sampling(1, 1))).containsExactly(new double[] {0.5, 0.3, 0.2}, within(0.02));
    }

    @Test
    void theNucleusHoldsTheFewestTokensThatReachItsMass() {
        assertThat(shares(new Sampling(1, 0.6))).containsExactly(new double[] {0.625, 0.375, 0}, within(0.02));
    }

    @Test
    void refusesWhatIsNoProbability() {
        assertThatThrownBy(() -> new Sampling(1, 0)).isInstanceOf(Refused.class).hasMessageContaining("top-p");
        assertThatThrownBy(() -> new Sampling(-1, 1))
                .isInstanceOf(Refused.class)
                .hasMessageContaining("temperature");
    }
}
