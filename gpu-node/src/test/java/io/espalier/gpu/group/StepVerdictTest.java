package io.espalier.gpu.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class StepVerdictTest {
    private static Tally tally(double loss, int targets) {
        Tally tally = new Tally(2);
        tally.add(new double[] {loss, 1}, targets);
        tally.add(new double[] {2, 3}, targets);
        return tally;
    }

    @Test
    void gradientsBecomeMeansAndAreClippedToTheNorm() {
        StepVerdict gentle = StepVerdict.of(new float[] {3, 4}, tally(1, 5), 1);
        assertThat(gentle.moves()).isTrue();
        assertThat(gentle.norm()).isEqualTo(0.5);
        assertThat(gentle.factor()).isEqualTo(0.1);
        StepVerdict clipped = StepVerdict.of(new float[] {30, 40}, tally(1, 5), 1);
        assertThat(clipped.norm()).isEqualTo(5);
        assertThat(clipped.factor() * 50).as("the norm of what is applied").isCloseTo(1, within(1e-6));
    }

    @Test
    void aNormOrALossThatIsNoNumberMovesNothing() {
        for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
            assertThat(StepVerdict.of(new float[] {1, bad, 1}, tally(1, 5), 1).moves())
                    .isFalse();
        }
        for (double bad : new double[] {Double.NaN, Double.NEGATIVE_INFINITY}) {
            assertThat(StepVerdict.of(new float[] {1}, tally(bad, 5), 1).moves())
                    .isFalse();
        }
    }

    @Test
    void lossesAreMeansOverTheTargetsOfAllMicroBatches() {
        assertThat(tally(1, 5).means()).containsExactly(0.3, 0.4);
        Tally empty = new Tally(1);
        assertThat(empty.means()).containsExactly(0.0);
        assertThat(empty.mean()).isEqualTo(1);
        Tally cleared = tally(1, 5);
        cleared.clear();
        assertThat(cleared.means()).containsExactly(0.0, 0.0);
    }
}
