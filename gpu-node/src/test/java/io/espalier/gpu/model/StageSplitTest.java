package io.espalier.gpu.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.gpu.Refused;
import io.espalier.gpu.TinyModel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Every layer is in one stage, no stage is without, and the first has fewer for having the embedding. */
@Timeout(20)
class StageSplitTest {
    private static ModelConfig model(int layers, int vocabSize) {
        ObjectNode json = TinyModel.config().json().deepCopy();
        return ModelConfig.of(json.put("num_hidden_layers", layers).put("vocab_size", vocabSize));
    }

    @Test
    void layersAreSharedEvenlyWhereTheEmbeddingIsSmall() {
        assertThat(StageSplit.of(model(8, 1), 1).bounds()).containsExactly(0, 8);
        assertThat(StageSplit.of(model(8, 1), 2).bounds()).containsExactly(0, 4, 8);
        assertThat(StageSplit.of(model(8, 1), 3).bounds()).containsExactly(0, 2, 5, 8);
        assertThat(StageSplit.of(model(3, 1), 3).bounds()).containsExactly(0, 1, 2, 3);
    }

    @Test
    void theEmbeddingCountsAsLayersOfTheFirst() {
        // A layer has 2736 parameters, an entry of the vocabulary 16.
        assertThat(StageSplit.of(model(8, 2 * 171), 2).bounds()).containsExactly(0, 3, 8);
        assertThat(StageSplit.of(model(8, 100_000), 2).bounds()).containsExactly(0, 1, 8);
    }

    @Test
    void everyStageHasALayerAndEveryLayerAStage() {
        for (int layers = 1; layers <= 12; layers++) {
            for (int stages = 1; stages <= layers; stages++) {
                for (int vocabSize : new int[] {1, 500, 5000}) {
                    StageSplit split = StageSplit.of(model(layers, vocabSize), stages);
                    assertThat(split.stages()).isEqualTo(stages);
                    assertThat(split.bounds())
                            .startsWith(0)
                            .endsWith(layers)
                            .doesNotHaveDuplicates()
                            .isSorted();
                }
            }
        }
    }

    @Test
    void moreStagesThanLayersAreRefused() {
        assertThatThrownBy(() -> StageSplit.of(model(3, 50), 4))
                .isInstanceOf(Refused.class)
                .hasMessage("teacher-stages 4: must be from 1 to 3, the layers of the teacher");
        assertThatThrownBy(() -> StageSplit.of(model(3, 50), 0)).isInstanceOf(Refused.class);
    }
}
