package io.espalier.gpu.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.gpu.FaultPoint;
import io.espalier.gpu.LaxJson;
import io.espalier.gpu.Refused;
import io.espalier.gpu.checkpoint.SafetensorsFile;
import io.espalier.gpu.checkpoint.Sha256;
import io.espalier.gpu.checkpoint.StagedDirectory;
import io.espalier.gpu.checkpoint.TensorData;
import io.espalier.gpu.disk.DiskFault;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * A training checkpoint: a directory with f32 weights, AdamW's moments and whatever its run adds, committed as a whole by a
 * rename; {@code manifest.json} names every file with its size and SHA-256.
 */
public final class TrainingCheckpoint implements AutoCloseable {
    private static final String MANIFEST = "manifest.json";
    private static final String WEIGHTS = "weights.safetensors";
    private static final String MOMENTS = "optimizer.safetensors";
    /** In the manifest, beside the files. */
    private static final String ORIGIN = "origin";

    private static final ObjectMapper JSON = new ObjectMapper();

    /**
     * Names the job and the epoch that have written a checkpoint.
     *
     * @param job empty for a run of one process
     * @param epoch of the job, as its coordinator counts; 0 where it has none
     */
    public record Origin(String job, long epoch) {
        public static final Origin ALONE = new Origin("", 0);
    }

    /** Is asked when a checkpoint is on disk as a whole, and about to take its place; what it throws leaves nothing behind. */
    @FunctionalInterface
    public interface Leave {
        void ask(String manifestSha256);
    }

    private final Path path;
    private final SafetensorsFile weights;
    private final SafetensorsFile moments;

    private TrainingCheckpoint(Path path) {
        this.path = path;
        this.weights = SafetensorsFile.open(path.resolve(WEIGHTS));
        this.moments = SafetensorsFile.open(path.resolve(MOMENTS));
    }

    /**
     * Writes a checkpoint.
     *
     * @param target must not exist, at the latest when leave is given
     * @param more files of the run, by name
     */
    public static void write(Path target, Snapshot snapshot, Map<String, byte[]> more, Origin origin, Leave leave) {
        try (StagedDirectory directory = StagedDirectory.create(target, snapshot.bytes())) {
            ObjectNode manifest = JSON.createObjectNode();
            Path weights = directory.path().resolve(WEIGHTS);
            Path moments = directory.path().resolve(MOMENTS);
            enter(manifest, weights, snapshot.writeWeights(weights));
            enter(manifest, moments, snapshot.writeMoments(moments));
            for (Map.Entry<String, byte[]> file : more.entrySet()) {
                Path path = directory.path().resolve(file.getKey());
                Files.write(path, file.getValue());
                enter(manifest, path, Sha256.of(file.getValue()));
            }
            manifest.putObject(ORIGIN).put("job", origin.job()).put("epoch", origin.epoch());
            FaultPoint.TENSORS_WRITTEN.reached();
            byte[] content = (manifest.toPrettyString() + "\n").getBytes(StandardCharsets.UTF_8);
            Files.write(directory.path().resolve(MANIFEST), content);
            FaultPoint.MANIFEST_WRITTEN.reached();
            directory.commitWhole(() -> leave.ask(Sha256.of(content)));
        } catch (IOException e) {
            throw DiskFault.failure(target, e);
        }
    }

    private static void enter(ObjectNode manifest, Path file, String sha256) throws IOException {
        manifest.putObject(file.getFileName().toString())
                .put("bytes", Files.size(file))
                .put("sha256", sha256);
    }

    /** Opens a checkpoint; refuses one of which a file is missing, cut short or changed. */
    public static TrainingCheckpoint open(Path path) {
        JsonNode manifest = manifest(path);
        for (String name : new String[] {WEIGHTS, MOMENTS}) {
            if (!manifest.has(name)) {
                throw Refused.invalid(path.resolve(MANIFEST), name, "absent", "must be named");
            }
        }
        for (Map.Entry<String, JsonNode> entry : manifest.properties()) {
            if (!entry.getKey().equals(ORIGIN)) {
                check(path.resolve(entry.getKey()), entry.getValue());
            }
        }
        return new TrainingCheckpoint(path);
    }

    /** Reads from the manifest alone who has written the checkpoint; refuses a place without one. */
    public static Origin originOf(Path path) {
        JsonNode origin = manifest(path).path(ORIGIN);
        return new Origin(origin.path("job").asText(), origin.path("epoch").asLong());
    }

    private static JsonNode manifest(Path path) {
        Path manifest = path.resolve(MANIFEST);
        if (!Files.isRegularFile(manifest)) {
            throw Refused.invalid(path, MANIFEST, "absent", "must be there: the checkpoint is not complete");
        }
        try {
            // The parser is given text: it guesses the encoding of bytes, and damaged bytes look like another encoding.
            return JSON.readTree(Files.readString(manifest));
        } catch (JsonProcessingException e) {
            throw Refused.invalid(manifest, "content", "no JSON (" + LaxJson.problem(e) + ")", "must be JSON");
        } catch (IOException e) {
            throw unreadable(manifest, e);
        }
    }

    /** A checkpoint that cannot be read is refused as a damaged one is: an older one may be whole. */
    private static Refused unreadable(Path file, IOException e) {
        return new Refused(Refused.Reason.VALIDATION, file + ": cannot be read: " + e.getMessage(), e);
    }

    private static void check(Path file, JsonNode expected) {
        if (!Files.isRegularFile(file)) {
            throw Refused.invalid(file, "file", "absent", "must be there by " + MANIFEST);
        }
        String sha256;
        try {
            long bytes = Files.size(file);
            if (bytes != expected.path("bytes").asLong()) {
                throw Refused.invalid(
                        file, "size", bytes, "must be " + expected.path("bytes").asText() + " by " + MANIFEST);
            }
            sha256 = Sha256.ofFile(file);
        } catch (IOException e) {
            throw unreadable(file, e);
        } catch (UncheckedIOException e) {
            throw unreadable(file, e.getCause());
        }
        if (!sha256.equals(expected.path("sha256").asText())) {
            throw Refused.invalid(
                    file,
                    "SHA-256",
                    sha256,
                    "must be " + expected.path("sha256").asText() + " by " + MANIFEST);
        }
    }

    public Path path() {
        return path;
    }

    /** A parameter's f32 master, valid until this is closed. */
    public TensorData weight(String name) {
        return weights.tensor(name);
    }

    /** A tensor of the optimiser, valid until this is closed. */
    public TensorData moment(String name) {
        return moments.tensor(name);
    }

    /** A file that the run has added. */
    public byte[] file(String name) {
        try {
            return Files.readAllBytes(path.resolve(name));
        } catch (IOException e) {
            throw new UncheckedIOException(path.resolve(name).toString(), e);
        }
    }

    @Override
    public void close() {
        weights.close();
        moments.close();
    }
}
