package io.espalier.actors.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.actors.job.Validated;
import io.espalier.gpu.cache.CacheCounts;
import io.espalier.gpu.eval.Scores;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code metrics.jsonl}: one JSON object a line, flushed as it is written.
 *
 * <table>
 * <caption>Fields</caption>
 * <tr><td>time</td><td>ISO 8601, UTC</td></tr>
 * <tr><td>step</td><td>optimiser steps taken</td></tr>
 * <tr><td>tokens</td><td>target tokens since the start</td></tr>
 * <tr><td>loss</td><td>nats per target, mean over the interval</td></tr>
 * <tr><td>losses</td><td>its parts by name, weighted; where it has several</td></tr>
 * <tr><td>skipped</td><td>global batches since the start that were passed over as non-finite</td></tr>
 * <tr><td>grad_norm</td><td>global L2 norm before clipping, of the last step</td></tr>
 * <tr><td>learning_rate</td><td>of the last step</td></tr>
 * <tr><td>tokens_per_s</td><td>over the interval</td></tr>
 * <tr><td>elapsed_s</td><td>since the first batch was asked for</td></tr>
 * <tr><td>teacher_cache</td><td>hits, misses, damaged and evicted entries since this process started, and the bytes of
 * all; where there is one. The teacher works ahead of the step, and validations ask it, too</td></tr>
 * </table>
 *
 * <p>A validation has a line of its own: time, step, {@code validation} (of {@code all} and of each file by name: tokens,
 * loss, and with a teacher kl, teacher_loss and top1_agreement) and {@code best}, whether no earlier one was better.
 */
public final class MetricsLog implements AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Path file;
    private final BufferedWriter writer;

    /**
     * @param after lines of later steps, which a run that resumes will take once more, are dropped; 0 begins the file anew
     */
    public MetricsLog(Path file, long after) {
        this.file = file;
        try {
            if (after > 0 && Files.exists(file)) {
                truncate(after);
            }
            this.writer = after > 0
                    ? Files.newBufferedWriter(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND)
                    : Files.newBufferedWriter(file);
        } catch (IOException e) {
            throw new UncheckedIOException(file.toString(), e);
        }
    }

    private void truncate(long after) throws IOException {
        List<String> kept = new ArrayList<>();
        for (String line : Files.readAllLines(file)) {
            if (step(line) <= after) {
                kept.add(line);
            }
        }
        Path next = file.resolveSibling("." + file.getFileName() + ".tmp");
        Files.write(next, kept);
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
    }

    /** A line that was cut short by a kill is dropped too. */
    private static long step(String line) {
        try {
            return JSON.readTree(line).path("step").asLong(Long.MAX_VALUE);
        } catch (JsonProcessingException e) {
            return Long.MAX_VALUE;
        }
    }

    public void write(Interval interval) {
        ObjectNode line = JSON.createObjectNode();
        line.put("time", Instant.now().toString());
        line.put("step", interval.step());
        line.put("tokens", interval.tokens());
        number(line, "loss", interval.loss());
        if (interval.losses().size() > 1) {
            ObjectNode parts = line.putObject("losses");
            interval.losses().forEach((name, loss) -> number(parts, name, loss));
        }
        line.put("skipped", interval.skipped());
        number(line, "grad_norm", interval.gradNorm());
        number(line, "learning_rate", interval.learningRate());
        line.put("tokens_per_s", interval.tokensPerSecond());
        line.put("elapsed_s", interval.elapsedSeconds());
        if (interval.teacherCache() != null) {
            put(line.putObject("teacher_cache"), interval.teacherCache());
        }
        write(line);
    }

    /** Each count by its name. */
    public static void put(ObjectNode node, CacheCounts counts) {
        node.put("hits", counts.hits()).put("misses", counts.misses());
        node.put("damaged", counts.damaged()).put("evicted", counts.evicted()).put("bytes", counts.bytes());
    }

    private void write(ObjectNode line) {
        try {
            writer.write(line.toString());
            writer.newLine();
            writer.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(file.toString(), e);
        }
    }

    public void write(Validated found) {
        ObjectNode line = JSON.createObjectNode();
        line.put("time", Instant.now().toString());
        line.put("step", found.step());
        ObjectNode scores = line.putObject("validation");
        write(scores.putObject("all"), found.all(), found.taught());
        found.files().forEach((name, file) -> write(scores.putObject(name), file, found.taught()));
        line.put("best", found.best());
        write(line);
    }

    private static void write(ObjectNode node, Scores scores, boolean taught) {
        node.put("tokens", scores.tokens());
        number(node, "loss", scores.loss());
        if (taught) {
            number(node, "kl", scores.kl());
            number(node, "teacher_loss", scores.teacherLoss());
            number(node, "top1_agreement", scores.top1Agreement());
        }
    }

    /** JSON has no NaN: null, where an interval has nothing to tell. */
    private static void number(ObjectNode line, String name, double value) {
        if (Double.isFinite(value)) {
            line.put(name, value);
        } else {
            line.putNull(name);
        }
    }

    @Override
    public void close() {
        try {
            writer.close();
        } catch (IOException e) {
            throw new UncheckedIOException(file.toString(), e);
        }
    }
}
