package io.espalier.gpu.train;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.gpu.TinyModel;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.distill.ChunkedHead;
import io.espalier.gpu.distill.LossMix;
import io.espalier.gpu.distill.Objective;
import io.espalier.gpu.group.ParameterBlock;
import io.espalier.gpu.model.CausalLm;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.RandomWeights;
import io.espalier.gpu.model.Weights;
import io.espalier.gpu.torch.Dtype;
import io.espalier.gpu.torch.Scope;
import io.espalier.gpu.torch.Torch;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;

/** The sum over micro-batches is that of their own gradients, added in the order of their numbers: the same bits. */
@Timeout(120)
class GradientOrderTest {
    private static final int MICRO_BATCHES = 3;
    /** Several products and several tiles of logits to a micro-batch. */
    private static final ChunkedHead HEAD = new ChunkedHead(1 << 10);

    @TestFactory
    Stream<DynamicTest> sumIsThatOfGradientsThatBeganAtZero() {
        return Stream.of(true, false)
                .flatMap(tied -> Stream.of(
                        DynamicTest.dynamicTest(tied ? "tied" : "untied", () -> agree(tied, false, Dtype.F32)),
                        DynamicTest.dynamicTest(
                                (tied ? "tied" : "untied") + " recomputed", () -> agree(tied, true, Dtype.BF16))));
    }

    private static ModelConfig config(boolean tied) {
        ObjectNode json = TinyModel.config().json().deepCopy();
        return ModelConfig.of(json.put("tie_word_embeddings", tied));
    }

    /** The two parts of a tied embedding's gradient are those of an embedding and a head of the same numbers. */
    private static void agree(boolean tied, boolean recompute, Dtype dtype) {
        List<TokenBatch> batches = TinyModel.batches(new Random(7), MICRO_BATCHES, 5, 64);
        RandomWeights random = new RandomWeights(config(false), 1);
        try (Torch torch = Torch.open("cpu", dtype, 1)) {
            CausalLm model = new CausalLm(torch, config(tied));
            CausalLm untied = new CausalLm(torch, config(false));
            UnaryOperator<String> joined = name -> name.equals(untied.headName()) ? model.headName() : name;
            Map<String, float[]> expected = new LinkedHashMap<>();
            try (Weights weights =
                    Weights.trainable(torch, untied.config(), name -> random.apply(joined.apply(name)))) {
                for (TokenBatch batch : batches) {
                    gradients(torch, untied, weights, List.of(batch), recompute)
                            .forEach((name, part) -> expected.merge(joined.apply(name), part, GradientOrderTest::add));
                }
            }
            try (Weights weights = Weights.trainable(torch, model.config(), random)) {
                gradients(torch, model, weights, batches, recompute)
                        .forEach((name, sum) -> assertThat(sum).as(name).isEqualTo(expected.remove(name)));
            }
            assertThat(expected).isEmpty();
        }
    }

    /** The sum over micro-batches of each parameter's gradient, in the order of the parameters. */
    private static Map<String, float[]> gradients(
            Torch torch, CausalLm model, Weights weights, List<TokenBatch> batches, boolean recompute) {
        List<String> names = List.copyOf(weights.names());
        GradientPass pass =
                new GradientPass(torch, model, weights, Objective.of(LossMix.CROSS_ENTROPY), HEAD, recompute);
        Map<String, float[]> gradients = new LinkedHashMap<>();
        try (Leaves leaves = new Leaves(torch, weights, names, model.headName());
                Scope scope = torch.inference()) {
            for (TokenBatch batch : batches) {
                pass.run(batch, null, leaves, names::contains);
                leaves.endMicroBatch();
            }
            for (String name : names) {
                ParameterBlock whole =
                        new ParameterBlock(name, 0, weights.get(name).size());
                gradients.put(
                        name, leaves.gradients(scope, List.of(whole)).head().toFloatArray());
            }
        }
        return gradients;
    }

    private static float[] add(float[] sum, float[] next) {
        for (int i = 0; i < sum.length; i++) {
            sum[i] += next[i];
        }
        return sum;
    }
}
