package io.espalier.gpu.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.gpu.Shared;
import io.espalier.gpu.Vectors;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.checkpoint.ModelDirectory;
import io.espalier.gpu.checkpoint.SafetensorsFile;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.prune.Compensation;
import io.espalier.gpu.prune.Pruner;
import io.espalier.gpu.prune.PruningPlan;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** The reference runs on the real teacher: their student, their batches, their settings. */
final class TeacherKd {
    static final int STEPS = 120;
    private static final int WARMUP = 10;
    private static final double PEAK = 1e-3;

    private TeacherKd() {}

    static Path teacher() {
        return Shared.require("models/teacher-7m");
    }

    /** Per step loss and gradient norm of the original runs. */
    static JsonNode expected(String run) throws IOException {
        Path file = Shared.require("golden/teacher-kd").resolve("expected.json");
        return new ObjectMapper().readTree(file.toFile()).at("/runs/" + run);
    }

    /** All parameters decay, as in the original run. */
    static OptimizerSettings settings() {
        LearningRate rate = step -> step < WARMUP ? PEAK * (step + 1) / WARMUP : PEAK;
        return new OptimizerSettings(rate, new Adam(0.9, 0.95, 1e-8, 0.1, 1.0), true, 1, Frozen.NONE);
    }

    /** The batches of all steps, in their order. */
    static List<TokenBatch> batches() {
        Path file = Shared.require("golden/teacher-kd").resolve("batches.safetensors");
        try (SafetensorsFile stored = SafetensorsFile.open(file)) {
            return IntStream.range(0, STEPS)
                    .mapToObj(step -> batch(stored, "batches", step))
                    .toList();
        }
    }

    /** The {@code index}-th batch of a tensor of [batches, rows, seqLength + 1] ids. */
    private static TokenBatch batch(SafetensorsFile stored, String name, int index) {
        long[] shape = Vectors.shape(stored, name);
        int rows = (int) shape[1];
        int length = (int) shape[2];
        int[] all = Vectors.ints(stored, name);
        int[] ids = Arrays.copyOfRange(all, index * rows * length, (index + 1) * rows * length);
        return new TokenBatch(index, rows, length - 1, ids, null, List.of());
    }

    /** Held-out windows of a domain, as one batch. */
    static TokenBatch windows(String domain) {
        Path file = Shared.require("golden/teacher").resolve("eval_windows.safetensors");
        try (SafetensorsFile stored = SafetensorsFile.open(file)) {
            long[] shape = Vectors.shape(stored, domain + ".windows");
            return new TokenBatch(
                    0, (int) shape[0], (int) shape[1] - 1, Vectors.ints(stored, domain + ".windows"), null, List.of());
        }
    }

    /** The teacher cut in every axis at once, by the indices that the original code chose. */
    static PruningPlan plan(ModelConfig config) throws IOException {
        JsonNode chosen = new ObjectMapper()
                .readTree(Shared.require("golden/teacher-prune/expected.json").toFile())
                .get("chosen");
        List<Integer> layers = indices(chosen.get("layers"));
        List<List<Integer>> ffn = new ArrayList<>();
        List<List<Integer>> heads = new ArrayList<>();
        List<List<Integer>> groups = new ArrayList<>();
        for (int layer : layers) {
            ffn.add(indices(chosen.get("ffn.layer" + layer)));
            heads.add(indices(chosen.get("heads.layer" + layer)));
            groups.add(IntStream.range(0, config.numKeyValueHeads()).boxed().toList());
        }
        List<Integer> hidden = indices(chosen.get("hidden"));
        return new PruningPlan(PruningPlan.Shape.of(config), "", layers, hidden, ffn, groups, heads, Compensation.NONE);
    }

    /** The student that {@link #plan} makes, written under {@code target}. */
    static Path student(ModelDirectory teacher, Path target) throws IOException {
        Pruner.prune(teacher, plan(teacher.config()), null, target, Long.MAX_VALUE, _ -> {});
        return target;
    }

    private static List<Integer> indices(JsonNode array) {
        List<Integer> indices = new ArrayList<>();
        array.forEach(index -> indices.add(index.asInt()));
        return indices;
    }
}
