package io.espalier.gpu.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.gpu.Refused;
import io.espalier.gpu.TinyModel;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Each criterion drops what it says. */
class DepthScoresTest {
    private static final double[][] BLOCKS = {{0.1, 0.5, 0.9, 0.9}, {0, 0.4, 0.2, 0.6}, {0, 0, 0.3, 0.5}, {0, 0, 0, 0.2}
    };
    private static final double[] EACH = {0.1, 0.4, 0.3, 0.2};

    @Test
    void eachOnItsOwnOrAsARun() {
        DepthScores influence = DepthScores.ofLayers(DepthCriterion.BLOCK_INFLUENCE, EACH);
        assertThat(influence.kept(2)).containsExactly(1, 2);
        DepthScores contiguous = new DepthScores(DepthCriterion.CONTIGUOUS, EACH, BLOCKS);
        assertThat(contiguous.kept(2))
                .as("layers 1 and 2 together change least")
                .containsExactly(0, 3);
        assertThat(contiguous.kept(3)).containsExactly(1, 2, 3);
        assertThat(contiguous.kept(4)).containsExactly(0, 1, 2, 3);
    }

    @Test
    void aCriterionThatWasNotCalibratedForIsRefused() {
        ActivationStatistics sums = new ActivationStatistics(
                1, 1, List.of(), List.of(), List.of(), List.of(), null, new double[0][], false, new double[0], 0);
        assertThatThrownBy(() -> DepthScores.of(sums, DepthCriterion.LEAVE_ONE_OUT))
                .isInstanceOf(Refused.class)
                .hasMessageContaining("must be calibrated with depth leave-one-out");
        assertThatThrownBy(() -> DepthScores.of(sums, DepthCriterion.CONTIGUOUS))
                .hasMessageContaining("must be calibrated with depth contiguous");
    }

    @Test
    void nothingLostIsNoDamageAndLessKeptIsMore() {
        Importance importance = new Importance(
                new double[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16},
                new double[][] {new double[24], new double[24]},
                new double[][] {{1, 2, 3, 4}, {1, 2, 3, 4}},
                new double[][] {{1, 2}, {1, 2}},
                DepthScores.ofLayers(DepthCriterion.BLOCK_INFLUENCE, 0.3, 0.1));
        ExpectedDamage damage = new ExpectedDamage(TinyModel.config(), importance);
        ArchitectureSearch.Budget any = ArchitectureSearch.Budget.unlimited(1, 16);
        ArchitectureSearch.Candidate full = ArchitectureSearch.cost(TinyModel.config(), TinyModel.config(), any);
        assertThat(damage.of(full)).isZero();
        assertThat(full.relativeLatency()).isEqualTo(1);
        ArchitectureSearch.Candidate shallow = ArchitectureSearch.cost(
                TinyModel.config(), TinyModel.config().withShape(16, 24, 4, 2, List.of(0)), any);
        assertThat(damage.of(shallow)).isCloseTo(0.25, org.assertj.core.api.Assertions.within(1e-9));
        ArchitectureSearch.Candidate narrow =
                ArchitectureSearch.cost(TinyModel.config(), TinyModel.config().withShape(8, 24, 4, 2, List.of(0)), any);
        assertThat(damage.of(narrow)).isGreaterThan(damage.of(shallow));
    }
}
