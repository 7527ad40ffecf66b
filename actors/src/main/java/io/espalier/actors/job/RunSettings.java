package io.espalier.actors.job;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.espalier.gpu.Compared;
import io.espalier.gpu.Refused;
import io.espalier.gpu.checkpoint.ModelDirectory;
import io.espalier.gpu.checkpoint.Sha256;
import io.espalier.streams.batch.Tokenizer;
import io.espalier.streams.source.TextFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * All that decides what a run computes, by name: its models and tokenizer by digest, its text by size and digest, and each
 * setting of its request that {@link Compared} does not leave out. A run that is taken up again must have the same.
 */
final class RunSettings {
    /** The names that {@code --override} allows to differ, each with the settings that follow from it. */
    static final Map<String, Set<String>> OVERRIDES = Map.of(
            "global-batch", Set.of("global-batch", "batch"),
            "seq-length", Set.of("seq-length"),
            "learning-rate", Set.of("learning-rate", "min-learning-rate"),
            "steps", Set.of("steps", "warmup", "decay-steps"));

    private static final String DATA = "data";
    private static final String DOCUMENTS = "document-attention";
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    private final Map<String, String> values;

    private RunSettings(Map<String, String> values) {
        this.values = values;
    }

    static RunSettings of(TrainRequest request, Tokenizer tokenizer) {
        boolean live = request.text().files().isEmpty();
        Map<String, String> values = new LinkedHashMap<>();
        values.put("tokenizer", tokenizer.digest());
        addAll(values, request, live);
        return new RunSettings(values);
    }

    /** Adds each setting that is compared, by its name; a record that has none stands for its components. */
    private static void addAll(Map<String, String> values, Record settings, boolean live) {
        for (RecordComponent component : settings.getClass().getRecordComponents()) {
            Compared compared = component.getAnnotation(Compared.class);
            boolean differs = compared != null
                    && switch (compared.value()) {
                        case ALWAYS -> false;
                        case ON_STORED_TEXT -> live;
                        case NEVER -> true;
                    };
            if (differs) {
                continue;
            }
            Object value = value(component, settings);
            String name = compared == null ? "" : compared.as();
            if (name.isEmpty() && value instanceof Record group) {
                addAll(values, group, live);
            } else if (values.put(name.isEmpty() ? named(component) : name, text(value)) != null) {
                throw new IllegalStateException(component + ": another setting has its name");
            }
        }
    }

    private static Object value(RecordComponent component, Record settings) {
        try {
            component.getAccessor().setAccessible(true);
            return component.getAccessor().invoke(settings);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(component.toString(), e);
        }
    }

    private static String named(RecordComponent component) {
        return component.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
    }

    /** A model is known again by its digest, and text by that of its files. */
    private static String text(Object value) {
        return switch (value) {
            case null -> "none";
            case TrainRequest.Start start -> start(start);
            case Path model -> ModelDirectory.digestOf(model);
            case List<?> list
            when !list.isEmpty() && list.getFirst() instanceof TextFile ->
                TextDigest.of(list.stream().map(TextFile.class::cast).toList());
            default -> value.toString();
        };
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

    /** Whether a stored run was begun when all documents saw each other, and says nothing of it. */
    static boolean knowsNoDocuments(Path where, byte[] stored) {
        return !read(where, stored).containsKey(DOCUMENTS);
    }

    /** These settings as a run has stored them that was begun when all documents saw each other. */
    RunSettings withoutDocuments() {
        Map<String, String> fewer = new LinkedHashMap<>(values);
        fewer.remove(DOCUMENTS);
        return new RunSettings(fewer);
    }

    private static Map<String, String> read(Path where, byte[] stored) {
        try {
            return JSON.readValue(stored, new TypeReference<LinkedHashMap<String, String>>() {});
        } catch (IOException e) {
            throw new UncheckedIOException(where.toString(), e);
        }
    }

    /** Refuses the first setting that differs from the stored ones and may not. */
    void requireSame(Path where, byte[] stored, Set<String> override) {
        Map<String, String> then = read(where, stored);
        List<String> allowed =
                override.stream().flatMap(name -> OVERRIDES.get(name).stream()).toList();
        values.forEach((name, value) -> {
            if (name.equals(DATA)) {
                requireSameText(where, value, then.getOrDefault(DATA, ""));
            } else if (!then.containsKey(name)) {
                throw Refused.invalid(where, name, value, "is a setting that the version which began the run had not");
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
