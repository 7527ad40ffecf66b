package io.espalier.actors.continual;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.gpu.Refused;
import io.espalier.gpu.disk.AtomicFile;
import io.espalier.gpu.disk.DirectoryTree;
import io.espalier.gpu.disk.DiskFault;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The published versions of a run: {@code versions/vNNNNNN}, a model directory each, with what goes back to it in
 * {@code states/vNNNNNN} and how it was judged beside that; {@code published} links to the current one, always to a complete
 * one. v000000 is the student that the run began with: it has a state and no model. Used by one step at a time.
 */
final class Versions {
    /** The student that the run began with. */
    static final String START = "v000000";

    static final String LINEAGE = "espalier-lineage.json";
    private static final String NAME = "v\\d{6}";
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Path run;
    private final Path models;
    private final Path states;
    private final Path link;
    private final int keep;

    /**
     * The scores of a version on held-out text.
     *
     * @param by digest of the teacher and the rows
     * @param step of its weights
     * @param kl of each row, by file
     */
    record Judged(String by, long step, Map<String, double[]> kl) {
        double mean() {
            return kl.values().stream()
                    .flatMapToDouble(Arrays::stream)
                    .average()
                    .orElse(Double.NaN);
        }
    }

    /** @param keep versions that stay besides the current one */
    Versions(Path run, int keep) {
        this.run = run;
        this.models = run.resolve("versions");
        this.states = run.resolve("states");
        this.link = run.resolve("published");
        this.keep = keep;
        try {
            Files.createDirectories(models);
            Files.createDirectories(states);
            removeUnfinished();
        } catch (IOException e) {
            throw new UncheckedIOException(run.toString(), e);
        }
    }

    /** Removes the remains of a publication that was killed: a version without its lineage was never current. */
    private void removeUnfinished() throws IOException {
        for (Path path : entries(models)) {
            if (!Files.exists(path.resolve(LINEAGE))) {
                remove(path);
            }
        }
        for (Path path : entries(states)) {
            String name = path.getFileName().toString();
            boolean whole = name.matches(NAME) || (name.endsWith(".json") && !name.startsWith("."));
            if (!whole) {
                remove(path);
            }
        }
    }

    private static List<Path> entries(Path directory) throws IOException {
        try (Stream<Path> list = Files.list(directory)) {
            return list.sorted().toList();
        }
    }

    /** The current version, if there is one. */
    Optional<String> published() {
        try {
            return Files.isSymbolicLink(link)
                    ? Optional.of(Files.readSymbolicLink(link).getFileName().toString())
                    : Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(link.toString(), e);
        }
    }

    /** The version that candidates are compared with, and that the run goes back to. */
    String reference() {
        return published().orElse(START);
    }

    /** The steps of the versions that can be gone back to. */
    Set<Long> steps() {
        try {
            return entries(states).stream()
                    .map(path -> path.getFileName().toString())
                    .filter(name -> name.matches(NAME))
                    .flatMap(name -> judged(name).stream())
                    .map(Judged::step)
                    .collect(Collectors.toSet());
        } catch (IOException e) {
            throw new UncheckedIOException(states.toString(), e);
        }
    }

    /** Whether a version can be gone back to. */
    boolean exists(String version) {
        return version.matches(NAME)
                && Files.isDirectory(state(version))
                && judged(version).isPresent();
    }

    String next() {
        try {
            int newest = entries(models).stream()
                    .map(path -> path.getFileName().toString())
                    .filter(name -> name.matches(NAME))
                    .mapToInt(name -> Integer.parseInt(name.substring(1)))
                    .max()
                    .orElse(0);
            return String.format(Locale.ROOT, "v%06d", newest + 1);
        } catch (IOException e) {
            throw new UncheckedIOException(models.toString(), e);
        }
    }

    Path model(String version) {
        return models.resolve(version);
    }

    /** A checkpoint of its weights and the optimiser's state. */
    Path state(String version) {
        return states.resolve(version);
    }

    Optional<Judged> judged(String version) {
        Path file = judgedFile(version);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try {
            JsonNode json = JSON.readTree(file.toFile());
            Map<String, double[]> kl = new LinkedHashMap<>();
            json.path("kl").properties().forEach(rows -> kl.put(rows.getKey(), numbers(rows.getValue())));
            return Optional.of(
                    new Judged(json.path("by").asText(), json.path("step").asLong(), kl));
        } catch (IOException e) {
            throw new UncheckedIOException(file.toString(), e);
        }
    }

    private static double[] numbers(JsonNode array) {
        double[] numbers = new double[array.size()];
        Arrays.setAll(numbers, i -> array.get(i).asDouble());
        return numbers;
    }

    void judge(String version, Judged judged) {
        ObjectNode json = JSON.createObjectNode().put("by", judged.by).put("step", judged.step);
        ObjectNode kl = json.putObject("kl");
        judged.kl.forEach((file, rows) -> {
            ArrayNode array = kl.putArray(file);
            Arrays.stream(rows).forEach(array::add);
        });
        write(judgedFile(version), json);
    }

    private Path judgedFile(String version) {
        return states.resolve(version + ".json");
    }

    /**
     * The student that the run begins with.
     *
     * @param writeState writes its checkpoint to the place that it is given
     */
    void begin(Consumer<Path> writeState, Judged judged) {
        try {
            remove(state(START));
            writeState.accept(state(START));
            judge(START, judged);
        } catch (IOException e) {
            throw new UncheckedIOException(run.toString(), e);
        }
    }

    /**
     * Makes a version whose model is in its place the current one, and removes versions that are too old.
     *
     * @param checkpoint of the same weights; its files are shared where the disk allows it
     */
    void publish(String version, Path checkpoint, ObjectNode lineage, Judged judged) {
        try {
            Path staged = states.resolve("." + version);
            remove(staged);
            remove(state(version));
            Files.createDirectory(staged);
            for (Path file : entries(checkpoint)) {
                share(file, staged.resolve(file.getFileName()));
            }
            AtomicFile.sync(staged);
            AtomicFile.move(staged, state(version));
            judge(version, judged);
            write(model(version).resolve(LINEAGE), lineage);
            makeCurrent(version);
            removeOld(version);
        } catch (IOException e) {
            throw DiskFault.failure(model(version), e);
        }
    }

    private static void share(Path file, Path copy) throws IOException {
        try {
            Files.createLink(copy, file);
        } catch (UnsupportedOperationException | IOException e) {
            Files.copy(file, copy);
        }
    }

    /** Makes a version current by one rename, so that the link leads to a complete model at any time. */
    void makeCurrent(String version) {
        if (version.equals(START)) {
            return;
        }
        AtomicFile.link(link, run.relativize(model(version)));
    }

    private void removeOld(String current) throws IOException {
        List<String> others = entries(states).stream()
                .map(path -> path.getFileName().toString())
                .filter(name -> name.matches(NAME) && !name.equals(current))
                .sorted(Comparator.reverseOrder())
                .toList();
        for (String old : others.subList(Math.min(keep, others.size()), others.size())) {
            remove(model(old));
            remove(state(old));
            Files.deleteIfExists(judgedFile(old));
        }
    }

    private static void write(Path file, ObjectNode json) {
        AtomicFile.write(file, json.toPrettyString() + "\n");
    }

    /** Lineage, configuration and manifest first, so that half of it passes for nothing. */
    private static void remove(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        for (String marker : List.of(LINEAGE, "config.json", "manifest.json")) {
            Files.deleteIfExists(directory.resolve(marker));
        }
        DirectoryTree.delete(directory);
    }

    /** Refuses a version that cannot be gone back to. */
    void requireKnown(String version) {
        if (!exists(version)) {
            throw new Refused(
                    Refused.Reason.NOT_FOUND, "version " + version + " is none of those that can be gone back to");
        }
    }
}
