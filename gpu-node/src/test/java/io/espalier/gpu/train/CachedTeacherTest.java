package io.espalier.gpu.train;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.gpu.TinyModel;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.cache.StateCache;
import io.espalier.gpu.checkpoint.TensorData;
import io.espalier.gpu.distill.ChunkedHead;
import io.espalier.gpu.distill.FeatureLoss;
import io.espalier.gpu.distill.LossMix;
import io.espalier.gpu.distill.Objective;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.RandomWeights;
import io.espalier.gpu.model.Taps.Place;
import io.espalier.gpu.model.Taps.Site;
import io.espalier.gpu.torch.Dtype;
import io.espalier.gpu.torch.Torch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A student cannot tell a teacher that computes from one that remembers, and what a teacher is decides what it remembers. */
@Timeout(60)
class CachedTeacherTest {
    private static final ModelConfig CONFIG = TinyModel.config();
    private static final FeatureLoss FEATURES = new FeatureLoss(
            List.of(
                    pair(new Place(Site.LAYER_OUTPUT, 0), new Place(Site.LAYER_OUTPUT, 1)),
                    pair(new Place(Site.FINAL_NORM, 2), new Place(Site.FINAL_NORM, 2))),
            0.5,
            false,
            List.of());

    @TempDir
    Path temporary;

    private Path model;
    private final List<String> warnings = new ArrayList<>();
    private final List<TokenBatch> batches = TinyModel.batches(new Random(4), 3, 2, 8);

    private static FeatureLoss.Pair pair(Place student, Place teacher) {
        return new FeatureLoss.Pair(FeatureLoss.Kind.NORMALISED_MSE, student, teacher, null);
    }

    @BeforeEach
    void write() {
        model = TinyModel.write(temporary.resolve("teacher"), 2);
    }

    private StateCache cache() {
        return StateCache.open(temporary.resolve("cache"), 1 << 24, Clock.systemUTC(), warnings::add);
    }

    private static CachedTeacher teacher(Path model, Dtype dtype, FeatureLoss features, StateCache cache) {
        return CachedTeacher.open(Torch.open("cpu", dtype, 1), model, features, cache);
    }

    private static LocalTeacher plain(Dtype dtype, FeatureLoss features) {
        return new LocalTeacher(Torch.open("cpu", dtype, 1), CONFIG, new RandomWeights(CONFIG, 2), features);
    }

    /** Two epochs: the reports and the weights at the end, as text, which tells all bits of a number. */
    private List<String> train(Teacher teacher, Dtype dtype, FeatureLoss features) {
        OptimizerSettings settings =
                new OptimizerSettings(step -> 1e-2, new Adam(0.9, 0.95, 1e-8, 0.1, 1.0), false, 1, Frozen.NONE);
        List<String> seen = new ArrayList<>();
        try (teacher;
                LocalStudent student = new LocalStudent(
                        Torch.open("cpu", dtype, 1),
                        CONFIG,
                        LocalStudent.withNewProjections(new RandomWeights(CONFIG, 1), features, 6),
                        settings,
                        new Objective(LossMix.FORWARD_KL, features),
                        new ChunkedHead(1 << 12),
                        (path, config, torch, weights) -> {})) {
            for (int epoch = 0; epoch < 2; epoch++) {
                for (TokenBatch batch : batches) {
                    try (TeacherSignal signal = teacher.forward(batch)) {
                        seen.add("bytes " + signal.bytes());
                        seen.add(student.step(batch, signal).toString());
                    }
                }
            }
            student.weights()
                    .names()
                    .forEach(name -> seen.add(name + " "
                            + Arrays.toString(student.weights().get(name).toFloatArray())));
        }
        return seen;
    }

    @TestFactory
    Stream<DynamicTest> aStudentEndsTheSameBitByBit() {
        List<FeatureLoss> losses = List.of(
                FeatureLoss.NONE,
                FEATURES,
                new FeatureLoss(
                        List.of(new FeatureLoss.Pair(
                                FeatureLoss.Kind.MSE,
                                new Place(Site.LAYER_OUTPUT, 1),
                                new Place(Site.LAYER_OUTPUT, 0),
                                new FeatureLoss.Projection("p", 16, 3))),
                        1,
                        true,
                        List.of(2, 5, 11)));
        return Stream.of(Dtype.F32, Dtype.BF16)
                .flatMap(dtype -> IntStream.range(0, losses.size())
                        .mapToObj(i -> DynamicTest.dynamicTest(dtype + " " + i, () -> {
                            StateCache cache = cache();
                            FeatureLoss features = losses.get(i);
                            List<String> expected = train(plain(dtype, features), dtype, features);
                            assertThat(train(teacher(model, dtype, features, cache), dtype, features))
                                    .as("written, then read")
                                    .isEqualTo(expected);
                            assertThat(train(teacher(model, dtype, features, cache), dtype, features))
                                    .as("read")
                                    .isEqualTo(expected);
                            assertThat(cache.counts().misses()).isEqualTo(3);
                            assertThat(cache.counts().hits()).isEqualTo(9);
                            assertThat(warnings).isEmpty();
                        })));
    }

    @Test
    void whoIsAskedNothingNewLoadsNoLayer() {
        StateCache cache = cache();
        train(teacher(model, Dtype.F32, FeatureLoss.NONE, cache), Dtype.F32, FeatureLoss.NONE);
        try (CachedTeacher teacher = teacher(model, Dtype.F32, FeatureLoss.NONE, cache)) {
            teacher.forward(batches.get(1)).close();
            assertThat(teacher.loaded()).containsExactly("lm_head.weight");
            teacher.forward(TinyModel.batches(new Random(5), 1, 2, 8).getFirst())
                    .close();
            assertThat(teacher.loaded()).hasSameSizeAs(CONFIG.tensors());
        }
    }

    @Test
    void anotherTeacherTypeShapeOrLayerIsAnotherEntry() {
        StateCache cache = cache();
        TokenBatch batch = batches.getFirst();
        ask(model, Dtype.F32, FeatureLoss.NONE, cache, batch);
        assertThat(cache.counts().misses()).isEqualTo(1);
        ask(TinyModel.write(temporary.resolve("other"), 3), Dtype.F32, FeatureLoss.NONE, cache, batch);
        ObjectNode turned = CONFIG.json().deepCopy().put("rope_theta", 1e5);
        Path otherConfig = TinyModel.write(
                temporary.resolve("turned"),
                ModelConfig.of(turned),
                new RandomWeights(CONFIG, 2).andThen(TensorData::bytes),
                Long.MAX_VALUE);
        ask(otherConfig, Dtype.F32, FeatureLoss.NONE, cache, batch);
        ask(model, Dtype.BF16, FeatureLoss.NONE, cache, batch);
        ask(model, Dtype.F32, FEATURES, cache, batch);
        // The same ids as rows of another length.
        TokenBatch oneRow = new TokenBatch(0, 1, 17, batch.ids(), null, List.of());
        ask(model, Dtype.F32, FeatureLoss.NONE, cache, oneRow);
        assertThat(cache.counts().misses()).isEqualTo(6);
        assertThat(cache.counts().hits()).isZero();
        // Neither its number nor its mask nor the way its weights are split make another batch or teacher.
        Path shards = TinyModel.write(
                temporary.resolve("shards"), CONFIG, new RandomWeights(CONFIG, 2).andThen(TensorData::bytes), 2048);
        TokenBatch masked = new TokenBatch(9, 2, 8, batch.ids(), new boolean[16], List.of());
        ask(shards, Dtype.F32, FeatureLoss.NONE, cache, masked);
        assertThat(cache.counts().hits()).isEqualTo(1);
    }

    private static void ask(Path model, Dtype dtype, FeatureLoss features, StateCache cache, TokenBatch batch) {
        try (CachedTeacher teacher = teacher(model, dtype, features, cache);
                TeacherSignal signal = teacher.forward(batch)) {
            assertThat(signal.sequence()).isEqualTo(batch.sequence());
        }
    }

    @Test
    void aDamagedEntryIsComputedAgain() {
        StateCache cache = cache();
        List<String> expected = train(teacher(model, Dtype.F32, FEATURES, cache), Dtype.F32, FEATURES);
        flipABitOfEachEntry();
        assertThat(train(teacher(model, Dtype.F32, FEATURES, cache), Dtype.F32, FEATURES))
                .isEqualTo(expected);
        assertThat(cache.counts().damaged()).isEqualTo(3);
        assertThat(warnings).hasSize(3);
    }

    private void flipABitOfEachEntry() {
        try (Stream<Path> tree = Files.walk(temporary.resolve("cache"))) {
            for (Path file :
                    tree.filter(path -> path.toString().endsWith(".state")).toList()) {
                byte[] bytes = Files.readAllBytes(file);
                bytes[bytes.length / 2] ^= 4;
                Files.write(file, bytes);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aSignalOutlivesTheTeacherThatReadIt() {
        StateCache cache = cache();
        ask(model, Dtype.F32, FeatureLoss.NONE, cache, batches.getFirst());
        CachedTeacher teacher = teacher(model, Dtype.F32, FeatureLoss.NONE, cache);
        HiddenSignal signal = (HiddenSignal) teacher.forward(batches.getFirst());
        float[] before = signal.hidden().toFloatArray();
        teacher.close();
        teacher.close();
        assertThat(signal.hidden().toFloatArray()).isEqualTo(before);
        assertThat(signal.head().toFloatArray()).hasSize(16 * TinyModel.VOCAB_SIZE);
        signal.close();
    }
}
