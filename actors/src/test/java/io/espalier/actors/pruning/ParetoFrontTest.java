package io.espalier.actors.pruning;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.gpu.prune.ArchitectureSearch.Candidate;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A shape that another beats in both size and loss is not on the front. */
class ParetoFrontTest {
    private static Trial trial(long parameters) {
        return Trial.of(new Candidate(1, 1, 1, 1, 1, parameters, 2 * parameters, 1), null, Double.NaN);
    }

    @Test
    void keepsWhatNoOtherBeats() {
        Trial small = trial(10);
        Trial middle = trial(20);
        Trial dominated = trial(25);
        Trial large = trial(30);
        Map<Trial, Double> loss = Map.of(small, 0.9, middle, 0.5, dominated, 0.6, large, 0.1);
        assertThat(ParetoFront.of(List.of(large, dominated, small, middle), loss::get))
                .containsExactly(small, middle, large);
    }

    @Test
    void equalsAreBothOnIt() {
        Trial one = trial(10);
        Trial other = Trial.of(one.candidate(), null, 0.5);
        assertThat(ParetoFront.of(List.of(one, other), _ -> 1.0)).hasSize(2);
    }
}
