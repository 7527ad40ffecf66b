package io.espalier.actors.fault;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.gpu.checkpoint.Sha256;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;

/** The files that a run leaves in its directory, while it goes on and afterwards. */
record RunOutput(Path directory) {
    /** More bytes than a line has. */
    private static final int TAIL_BYTES = 4096;

    /** The newest step whose loss has been told. */
    int steps() {
        return newest().path("step").asInt(0);
    }

    /** The time at which the newest step was told; long ago where none was. */
    Instant lastTold() {
        return Instant.parse(newest().path("time").asText(Instant.EPOCH.toString()));
    }

    /** The last whole line; nothing where there is none. Looked for at the end, since it is asked for again and again. */
    private JsonNode newest() {
        try (RandomAccessFile file = new RandomAccessFile(metrics().toFile(), "r")) {
            long from = Math.max(0, file.length() - TAIL_BYTES);
            byte[] tail = new byte[Math.toIntExact(file.length() - from)];
            file.seek(from);
            file.readFully(tail);
            String text = new String(tail, StandardCharsets.UTF_8);
            String whole = text.substring(0, text.lastIndexOf('\n') + 1).strip();
            return new ObjectMapper().readTree(whole.substring(whole.lastIndexOf('\n') + 1));
        } catch (IOException noneYetOrAnotherNow) {
            return MissingNode.getInstance();
        }
    }

    private Path metrics() {
        return directory.resolve("metrics.jsonl");
    }

    private List<String> lines() {
        try {
            return Files.readAllLines(metrics());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<String> losses() {
        return lines().stream().map(RunOutput::timeless).toList();
    }

    /** A step's line without what time it was. */
    private static String timeless(String line) {
        try {
            ObjectNode json = (ObjectNode) new ObjectMapper().readTree(line);
            return json.without(List.of("time", "tokens_per_s", "elapsed_s")).toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String weights() {
        return Sha256.ofFile(directory.resolve("model.safetensors"));
    }

    /**
     * The invariant of every fault: the weights of the undisturbed run, and every step told once with the same loss.
     *
     * @param logs of the run, for whoever must know why it is not so
     */
    void requireSameAs(RunOutput undisturbed, String logs) {
        assertThat(weights()).as(logs).isEqualTo(undisturbed.weights());
        assertThat(losses()).as(logs).isEqualTo(undisturbed.losses());
    }
}
