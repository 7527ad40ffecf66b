package io.espalier.actors.health;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The counts of a run that Prometheus is told never fall, whichever checkpoint the run goes back to. */
class GrowthTest {
    @Test
    void aNumberThatGoesBackHasNotGrownAndWhatIsDoneOnceMoreHas() {
        Growth growth = new Growth(true);
        double highest = 0;
        for (double tokens : new double[] {Double.NaN, 2560, 53_760, 33_280, 33_280, 69_120}) {
            growth.see("tokens", tokens);
            assertThat(growth.of("tokens")).isGreaterThanOrEqualTo(highest);
            highest = growth.of("tokens");
        }
        assertThat(highest).isEqualTo(53_760 + (69_120 - 33_280));
    }

    @Test
    void whatWasThereBeforeThisProcessLookedIsNotCountedOnceMore() {
        Growth growth = new Growth(false);
        growth.see("read chat", 500);
        growth.see("read chat", 503);
        assertThat(growth.of("read chat")).isEqualTo(3);
        assertThat(growth.of("read other")).isZero();
    }
}
