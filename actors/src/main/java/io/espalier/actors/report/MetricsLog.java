package io.espalier.actors.report;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;

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
 * </table>
 */
public final class MetricsLog implements AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Path file;
    private final BufferedWriter writer;

    public MetricsLog(Path file) {
        this.file = file;
        try {
            this.writer = Files.newBufferedWriter(file);
        } catch (IOException e) {
            throw new UncheckedIOException(file.toString(), e);
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
        try {
            writer.write(line.toString());
            writer.newLine();
            writer.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(file.toString(), e);
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
