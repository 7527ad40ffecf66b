package io.espalier.gpu.train;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.gpu.TinyModel;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.distill.ChunkedHead;
import io.espalier.gpu.distill.FeatureLoss;
import io.espalier.gpu.distill.LossMix;
import io.espalier.gpu.distill.Objective;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.RandomWeights;
import io.espalier.gpu.model.Taps.Place;
import io.espalier.gpu.model.Taps.Site;
import io.espalier.gpu.model.Weights;
import io.espalier.gpu.torch.Dtype;
import io.espalier.gpu.torch.Torch;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;

/** What is told of a run's memory is what its tensors take. */
@Timeout(60)
class TrainingMemoryTest {
    private static final ChunkedHead HEAD = new ChunkedHead(1 << 12);
    private static final FeatureLoss PROJECTED = new FeatureLoss(
            List.of(new FeatureLoss.Pair(
                    FeatureLoss.Kind.MSE,
                    new Place(Site.LAYER_OUTPUT, 0),
                    new Place(Site.LAYER_OUTPUT, 1),
                    new FeatureLoss.Projection("p", 16, 16))),
            1,
            false,
            List.of());

    private static ModelConfig config(boolean tied) {
        ObjectNode json = TinyModel.config().json().deepCopy();
        return ModelConfig.of(json.put("tie_word_embeddings", tied));
    }

    private static TrainingMemory.Run run(Dtype dtype, boolean recompute) {
        return new TrainingMemory.Run(dtype, false, 2, 8, recompute, 1);
    }

    @TestFactory
    Stream<DynamicTest> weightsGradientsMomentsAndSignalsAreThoseThatAreAllocated() {
        return Stream.of(Dtype.F32, Dtype.BF16)
                .flatMap(dtype -> Stream.of(true, false)
                        .map(tied -> DynamicTest.dynamicTest(
                                dtype + (tied ? " tied" : " untied"), () -> agrees(config(tied), dtype))));
    }

    private static void agrees(ModelConfig config, Dtype dtype) {
        TrainingMemory memory = TrainingMemory.of(config, config, PROJECTED, HEAD, run(dtype, false));
        TokenBatch batch = TinyModel.batches(new Random(1), 1, 2, 8).getFirst();
        OptimizerSettings settings =
                new OptimizerSettings(step -> 1e-2, new Adam(0.9, 0.95, 1e-8, 0.1, 1.0), false, 2, Frozen.NONE);
        try (LocalTeacher teacher =
                        new LocalTeacher(Torch.open("cpu", dtype, 1), config, new RandomWeights(config, 2), PROJECTED);
                LocalStudent student = new LocalStudent(
                        Torch.open("cpu", dtype, 1),
                        config,
                        LocalStudent.withNewProjections(new RandomWeights(config, 1), PROJECTED, 3),
                        settings,
                        new Objective(LossMix.FORWARD_KL, PROJECTED),
                        HEAD,
                        (path, shape, torch, weights) -> {});
                TeacherSignal signal = teacher.forward(batch)) {
            student.step(batch, signal);
            long projection = 4L * (16 * 16 + 16);
            assertThat(memory.projections()).isEqualTo(4 * projection);
            assertThat(memory.masters()).isEqualTo(4 * elements(student.weights()));
            long head = config.tieWordEmbeddings() ? 4L * config.vocabSize() * config.hiddenSize() : 0;
            assertThat(student.gradientBytes())
                    .as("a tied head's gradient of a micro-batch is gone between two")
                    .isEqualTo(memory.gradients() - head + projection);
            try (Snapshot snapshot = student.snapshot()) {
                long steps = 2 * 4;
                assertThat(snapshot.bytes()).isEqualTo(memory.masters() + memory.moments() + 3 * projection + steps);
            }
            assertThat(memory.signals()).isEqualTo(2 * signal.bytes());
        }
        try (Torch torch = Torch.open("cpu", dtype, 1);
                Weights weights = Weights.frozen(torch, config, new RandomWeights(config, 2), dtype)) {
            long bytes = 0;
            for (String name : weights.names()) {
                long[] total = new long[1];
                NDArray tensor = weights.get(name);
                torch.store(
                        tensor,
                        tensor.getShape().dimension() > 1 ? dtype : Dtype.F32,
                        piece -> total[0] += piece.byteSize());
                bytes += total[0];
            }
            assertThat(memory.teacher()).isEqualTo(bytes);
        }
    }

    private static long elements(Weights weights) {
        return weights.names().stream()
                .mapToLong(name -> weights.get(name).size())
                .sum();
    }

    @Test
    void recomputingKeepsTheStreamAndOneLayer() {
        for (Dtype dtype : new Dtype[] {Dtype.F32, Dtype.BF16}) {
            TrainingMemory whole = memory(8, dtype, false);
            TrainingMemory more = memory(9, dtype, false);
            TrainingMemory again = memory(8, dtype, true);
            TrainingMemory moreAgain = memory(9, dtype, true);
            assertThat(again.activations()).isLessThan(whole.activations() / 3);
            assertThat(again.peak()).isLessThan(whole.peak());
            assertThat(moreAgain.activations() - again.activations())
                    .as("the residual stream of 2 x 8 tokens, 16 channels, f32")
                    .isEqualTo(2 * 8 * 16 * 4);
            assertThat(more.activations() - whole.activations()).isGreaterThan(10 * 2 * 8 * 16 * 4);
            assertThat(moreAgain.copies()).isEqualTo(again.copies());
        }
    }

    private static TrainingMemory memory(int layers, Dtype dtype, boolean recompute) {
        ObjectNode json = TinyModel.config().json().deepCopy();
        ModelConfig deep = ModelConfig.of(json.put("num_hidden_layers", layers));
        return TrainingMemory.of(deep, deep, FeatureLoss.NONE, HEAD, run(dtype, recompute));
    }
}
