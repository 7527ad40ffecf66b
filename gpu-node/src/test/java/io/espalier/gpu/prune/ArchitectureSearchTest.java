package io.espalier.gpu.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.gpu.Refused;
import io.espalier.gpu.Shared;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.prune.SearchSpace.Axis;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The search finds the reference's shapes for Qwen3-8B and six billion parameters, in its order. */
@Tag("golden")
class ArchitectureSearchTest {
    private static final SearchSpace.Limits REFERENCE =
            new SearchSpace.Limits(2, 256, 512, 0.4, 0.2, Set.of(Axis.HEADS));

    private ModelConfig model;

    @BeforeEach
    void read() {
        model = ModelConfig.read(Shared.require("golden/configs/qwen3-8b.json"));
    }

    private static ArchitectureSearch.Budget parameters(long limit) {
        return new ArchitectureSearch.Budget(limit, Long.MAX_VALUE, 1, 4096);
    }

    @Test
    void theReferenceTableIsReproduced() {
        SearchSpace space = SearchSpace.of(model, REFERENCE);
        List<ArchitectureSearch.Candidate> feasible =
                ArchitectureSearch.feasible(model, space, parameters(6_000_000_000L));
        assertThat(space.combinations()).isEqualTo(280);
        assertThat(feasible).hasSize(199);
        assertThat(feasible.subList(0, 10))
                .extracting(c -> c.numHiddenLayers() + "/" + c.hiddenSize() + "/" + c.intermediateSize())
                .containsExactly(
                        "34/3328/11264",
                        "30/3584/11776",
                        "36/3840/8192",
                        "36/3584/9216",
                        "36/3072/11776",
                        "32/3584/10752",
                        "36/3328/10240",
                        "34/3840/8704",
                        "30/4096/9216",
                        "34/3584/9728");
        assertThat(feasible.get(3).parameters()).isEqualTo(5_977_809_408L);
    }

    @Test
    void memoryCountsWeightsAndCache() {
        ArchitectureSearch.Budget budget = new ArchitectureSearch.Budget(Long.MAX_VALUE, Long.MAX_VALUE, 96, 8192);
        ArchitectureSearch.Candidate full = ArchitectureSearch.feasible(model, SearchSpace.of(model, REFERENCE), budget)
                .getFirst();
        assertThat(full.memoryBytes())
                .as("bf16 weights, and 3072 MiB of keys and values a layer")
                .isEqualTo(2 * 8_190_735_360L + 36L * (3072L << 20));
    }

    @Test
    void aBudgetThatNothingFitsIsRefused() {
        assertThatThrownBy(() -> ArchitectureSearch.feasible(
                        model, SearchSpace.of(model, REFERENCE), parameters(1_000_000_000L)))
                .isInstanceOf(Refused.class)
                .hasMessageContaining("feasible shapes is 0 of 280");
    }
}
