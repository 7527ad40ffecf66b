package io.espalier.gpu.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.gpu.Refused;
import io.espalier.gpu.model.ModelConfig;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Shapes that transformers does not read are neither made nor proposed. */
@Timeout(30)
class ReadableWidthTest {
    private static ModelConfig model(String family) {
        ObjectNode json = new ObjectMapper().createObjectNode().put("model_type", family);
        json.put("vocab_size", 32)
                .put("hidden_size", 16)
                .put("intermediate_size", 24)
                .put("num_hidden_layers", 1);
        json.put("num_attention_heads", 4).put("num_key_value_heads", 1).put("head_dim", 8);
        return ModelConfig.of(json.put("max_position_embeddings", 64));
    }

    private static PruningTargets targets(Integer hidden, Integer heads) {
        return new PruningTargets(null, null, hidden, null, heads, null);
    }

    @Test
    void aWidthThatTheHeadsDoNotDivideIsRefusedByTheNearestOnes() {
        assertThatThrownBy(() -> targets(10, null).check(model("llama")))
                .isInstanceOf(Refused.class)
                .hasMessageContaining("hidden 10")
                .hasMessageContaining("8, 12");
        assertThatThrownBy(() -> targets(null, 3).check(model("llama"))).hasMessageContaining("15");
        assertThatThrownBy(() -> targets(2, null).check(model("llama"))).hasMessageEndingWith("the nearest: 4");
    }

    @Test
    void headsThatAreCutAlongDecideWhichWidthIsRead() {
        assertThatCode(() -> targets(15, 3).check(model("llama"))).doesNotThrowAnyException();
        assertThatCode(() -> targets(13, null).check(model("qwen3"))).doesNotThrowAnyException();
    }

    @Test
    void aSearchProposesNoneOfThem() {
        SearchSpace space = new SearchSpace(List.of(1), List.of(9, 10, 12, 16), List.of(24), List.of(3, 4));
        ArchitectureSearch.Budget all = new ArchitectureSearch.Budget(Long.MAX_VALUE, Long.MAX_VALUE, 1, 8);
        assertThat(ArchitectureSearch.feasible(model("llama"), space, all))
                .extracting(each -> each.hiddenSize() + "/" + each.numAttentionHeads())
                .containsExactlyInAnyOrder("9/3", "12/3", "12/4", "16/4");
        assertThat(ArchitectureSearch.feasible(model("qwen3"), space, all)).hasSize(8);
    }
}
