package io.espalier.gpu.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.gpu.TinyModel;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.checkpoint.ModelDirectory;
import io.espalier.gpu.checkpoint.TensorData;
import io.espalier.gpu.model.CausalLm;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.RandomWeights;
import io.espalier.gpu.model.Taps;
import io.espalier.gpu.model.Weights;
import io.espalier.gpu.torch.Dtype;
import io.espalier.gpu.torch.Scope;
import io.espalier.gpu.torch.Torch;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Experts are scored by what they give to the tokens that go to them, and cut with their rows of the router. */
@Timeout(60)
class ExpertsTest {
    private static final int EXPERTS = 5;
    private static final int PER_TOKEN = 2;
    private static final int FFN = 6;

    @TempDir
    Path temporary;

    private Path model() {
        ObjectNode json = new ObjectMapper().createObjectNode();
        json.put("model_type", "qwen3_moe")
                .put("vocab_size", TinyModel.VOCAB_SIZE)
                .put("hidden_size", 16);
        json.put("moe_intermediate_size", FFN).put("num_experts", EXPERTS).put("num_experts_per_tok", PER_TOKEN);
        json.put("norm_topk_prob", true)
                .put("num_hidden_layers", 2)
                .put("num_attention_heads", 2)
                .put("head_dim", 8);
        ModelConfig config = ModelConfig.of(json.put("initializer_range", 0.5));
        Path path = temporary.resolve("model");
        try (RandomWeights weights = new RandomWeights(config, 4)) {
            return TinyModel.write(path, config, weights.andThen(TensorData::bytes), Long.MAX_VALUE);
        }
    }

    @Test
    void scoresAreThoseOfTheirFormulas() {
        Path model = model();
        List<TokenBatch> batches = TinyModel.batches(new Random(6), 2, 2, 9);
        ActivationStatistics sums = Runs.calibrate(model, batches);
        for (int layer = 0; layer < 2; layer++) {
            double[] positions = new double[EXPERTS];
            double[] norms = new double[EXPERTS];
            double[] weighted = new double[EXPERTS];
            for (double[] x : inputs(model, batches, layer)) {
                double[] p = softmax(times(model, layer, "gate", x));
                Integer[] order = IntStream.range(0, EXPERTS).boxed().toArray(Integer[]::new);
                Arrays.sort(order, Comparator.comparingDouble(e -> -p[e]));
                double chosen = p[order[0]] + p[order[1]];
                for (int i = 0; i < PER_TOKEN; i++) {
                    int e = order[i];
                    double norm = norm(expert(model, layer, e, x));
                    positions[e]++;
                    norms[e] += norm;
                    weighted[e] += norm * p[e] / chosen;
                }
            }
            double[] reap = ExpertCriterion.REAP.scores(sums.experts().get(layer));
            double[] activation =
                    ExpertCriterion.ACTIVATION.scores(sums.experts().get(layer));
            for (int e = 0; e < EXPERTS; e++) {
                assertThat(activation[e]).isCloseTo(norms[e], within(1e-4 * norms[e] + 1e-9));
                double mean = positions[e] == 0 ? 0 : weighted[e] / positions[e];
                assertThat(reap[e]).isCloseTo(mean, within(1e-4 * mean + 1e-9));
            }
        }
    }

    /** Inputs of the experts of a layer, position by position. */
    private static List<double[]> inputs(Path model, List<TokenBatch> batches, int wanted) {
        List<double[]> inputs = new ArrayList<>();
        try (ModelDirectory directory = ModelDirectory.open(model);
                Torch torch = Torch.open("cpu", Dtype.F32, 1);
                Weights weights = Weights.frozen(torch, directory.config(), directory::tensor, Dtype.F32);
                Scope scope = torch.inference()) {
            Taps taps = (site, layer, value) -> {
                if (site == Taps.Site.MLP_NORM && layer == wanted) {
                    float[] all = value.toFloatArray();
                    for (int at = 0; at < all.length; at += 16) {
                        int from = at;
                        inputs.add(IntStream.range(0, 16)
                                .mapToDouble(c -> all[from + c])
                                .toArray());
                    }
                }
            };
            CausalLm lm = new CausalLm(torch, directory.config());
            for (TokenBatch batch : batches) {
                lm.hidden(
                        scope,
                        io.espalier.gpu.batch.BatchTensors.inputs(scope, batch, TinyModel.VOCAB_SIZE),
                        weights,
                        taps);
            }
        }
        return inputs;
    }

    private static double[] times(Path model, int layer, String module, double[] x) {
        float[] w = Runs.floats(model, "model.layers." + layer + ".mlp." + module + ".weight");
        return IntStream.range(0, w.length / x.length)
                .mapToDouble(r -> IntStream.range(0, x.length)
                        .mapToDouble(c -> w[r * x.length + c] * x[c])
                        .sum())
                .toArray();
    }

    private static double[] expert(Path model, int layer, int e, double[] x) {
        double[] gate = times(model, layer, "experts." + e + ".gate_proj", x);
        double[] up = times(model, layer, "experts." + e + ".up_proj", x);
        double[] a = IntStream.range(0, FFN)
                .mapToDouble(i -> gate[i] / (1 + Math.exp(-gate[i])) * up[i])
                .toArray();
        return times(model, layer, "experts." + e + ".down_proj", a);
    }

    private static double[] softmax(double[] z) {
        double sum = Arrays.stream(z).map(Math::exp).sum();
        return Arrays.stream(z).map(v -> Math.exp(v) / sum).toArray();
    }

    private static double norm(double[] x) {
        return Math.sqrt(Arrays.stream(x).map(v -> v * v).sum());
    }

    @Test
    void theBestExpertsStayWithTheirRowsOfTheRouterAndOthersNumbers() {
        Path model = model();
        ModelConfig config = ModelConfig.read(model);
        Importance importance = Runs.importance(model, TinyModel.batches(new Random(6), 2, 2, 9));
        PruningPlan plan =
                PruningPlan.choose(config, new PruningTargets(null, List.of(0), null, null, null, null, 3), importance);
        Path pruned = Runs.prune(model, plan, temporary.resolve("pruned"));
        assertThat(ModelConfig.read(pruned).numExperts()).isEqualTo(3);
        List<Integer> kept = plan.experts().getFirst();
        assertThat(kept).isEqualTo(Ranking.best(importance.experts()[1], 3));
        float[] before = Runs.floats(model, "model.layers.1.mlp.gate.weight");
        float[] after = Runs.floats(pruned, "model.layers.0.mlp.gate.weight");
        for (int e = 0; e < 3; e++) {
            assertThat(Arrays.copyOfRange(after, e * 16, e * 16 + 16))
                    .containsExactly(Arrays.copyOfRange(before, kept.get(e) * 16, kept.get(e) * 16 + 16));
            assertThat(Runs.floats(pruned, "model.layers.0.mlp.experts." + e + ".down_proj.weight"))
                    .containsExactly(
                            Runs.floats(model, "model.layers.1.mlp.experts." + kept.get(e) + ".down_proj.weight"));
        }
        Path file = temporary.resolve("plan.json");
        try {
            java.nio.file.Files.writeString(file, plan.toJson());
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        assertThat(PruningPlan.read(file)).isEqualTo(plan);
    }
}
