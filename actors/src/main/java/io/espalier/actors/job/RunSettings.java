package io.espalier.actors.job;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.espalier.gpu.Refused;
import io.espalier.gpu.checkpoint.ModelDirectory;
import io.espalier.gpu.checkpoint.Sha256;
import io.espalier.streams.batch.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * All that decides what a run computes, by name: its models and tokenizer by digest, its text by size and
 * digest, and its
 * options. A run that is taken up again must have the same.
 */
final class RunSettings {
    /** What {@code --override} allows to differ, and the settings that follow from it. */
    static final Map<String, Set<String>> OVERRIDES = Map.of(
            "global-batch", Set.of("global-batch", "batch"),
            "seq-length", Set.of("seq-length"),
            "learning-rate", Set.of("learning-rate", "min-learning-rate"),
            "steps", Set.of("steps", "warmup", "decay-steps"));

    private static final String DATA = "data";
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    private final Map<String, String> values;

    private RunSettings(Map<String, String> values) {
        this.values = values;
    }

    static RunSettings of(TrainRequest request, Tokenizer tokenizer) {
        Map<String, String> values = new LinkedHashMap<>();
        values.put("student", start(request.start()));
        values.put("tokenizer", tokenizer.digest());
        boolean endless = request.text().files().isEmpty();
        if (endless) {
            model(values, request);
            return new RunSettings(values);
        }
        values.put("teacher", request.teacher() == null ? "none" : ModelDirectory.digestOf(request.teacher()));
        values.put(DATA, TextDigest.of(request.text().files()));
        put(values, "data-weight", request.text().weights().shares());
        put(values, "text-field", request.text().reading().textField());
        put(values, "null-text", request.text().reading().skipNulls() ? "skip" : "refuse");
        put(values, "shuffle-window", request.text().shuffleWindow());
        put(values, "same-epochs", request.text().sameEpochs());
        put(values, "steps", request.steps());
        TrainRequest.Schedule schedule = request.schedule();
        put(values, "decay", schedule.decay());
        put(values, "learning-rate", schedule.learningRate());
        put(values, "min-learning-rate", schedule.minLearningRate());
        put(values, "warmup", schedule.warmup());
        put(values, "decay-steps", schedule.decaySteps());
        model(values, request);
        return new RunSettings(values);
    }

    /**
     * What decides even of a run without end, whose operators may set its rate, exchange its teacher and add sources to its
     * text.
     */
    private static void model(Map<String, String> values, TrainRequest request) {
        put(values, "seq-length", request.text().seqLength());
        put(values, "batch", request.text().rows());
        put(values, "seed", request.text().seed());
        put(values, "dtype", request.compute().dtype());
        put(values, "loss", request.loss().parts());
        put(values, "temperature", request.loss().temperature());
        put(values, "hidden-loss", request.features());
        TrainRequest.Schedule schedule = request.schedule();
        put(values, "global-batch", schedule.globalBatch());
        put(values, "beta1", schedule.beta1());
        put(values, "beta2", schedule.beta2());
        put(values, "eps", schedule.eps());
        put(values, "weight-decay", schedule.weightDecay());
        put(values, "clip", schedule.clip());
        put(values, "freeze", schedule.frozen().patterns());
    }

    private static void put(Map<String, String> values, String name, Object value) {
        values.put(name, value.toString());
    }

    private static String start(TrainRequest.Start start) {
        return switch (start) {
            case TrainRequest.Start.Stored stored -> ModelDirectory.digestOf(stored.directory());
            case TrainRequest.Start.Random random -> "random " + random.seed() + " " + Sha256.ofFile(random.config());
        };
    }

    byte[] stored() {
        try {
            return JSON.writeValueAsBytes(values);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Refuses the first setting that differs from the stored ones and may not. */
    void requireSame(Path where, byte[] stored, Set<String> override) {
        Map<String, String> then;
        try {
            then = JSON.readValue(stored, new TypeReference<LinkedHashMap<String, String>>() {});
        } catch (IOException e) {
            throw new UncheckedIOException(where.toString(), e);
        }
        List<String> allowed =
                override.stream().flatMap(name -> OVERRIDES.get(name).stream()).toList();
        values.forEach((name, value) -> {
            if (name.equals(DATA)) {
                requireSameText(where, value, then.getOrDefault(DATA, ""));
            } else if (!value.equals(then.get(name)) && !allowed.contains(name)) {
                throw Refused.invalid(where, name, value, "must be the run's " + then.get(name) + hint(name));
            }
        });
    }

    private static void requireSameText(Path where, String now, String then) {
        if (!TextDigest.isSame(now, then)) {
            throw new Refused(Refused.Reason.VALIDATION, where + ": data is " + TextDigest.difference(now, then));
        }
    }

    private static String hint(String name) {
        return OVERRIDES.entrySet().stream()
                .filter(entry -> entry.getValue().contains(name))
                .map(entry -> " (--override " + entry.getKey() + " allows another)")
                .findFirst()
                .orElse("");
    }
}
