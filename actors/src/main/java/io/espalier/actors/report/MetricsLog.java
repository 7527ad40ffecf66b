package io.espalier.actors.report;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.actors.job.Validated;
import io.espalier.gpu.cache.CacheCounts;
import io.espalier.gpu.eval.Scores;
import java.nio.file.Path;
import java.time.Instant;
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
 * <tr><td>tokens_per_s</td><td>over the interval; the time of validations, checkpoints and publishing is left out</td></tr>
 * <tr><td>elapsed_s</td><td>since the first batch was asked for</td></tr>
 * <tr><td>teacher_cache</td><td>hits, misses, damaged and evicted entries since this process started, and the bytes of
 * all; where there is one. The teacher works ahead of the step, and validations ask it, too</td></tr>
 * </table>
 *
 * <p>On live text an interval has data_wait_s, the time that the student waited for batches, and teacher_loss and student_kl,
 * mean nats per target of what came, before it was learnt from.
 *
 * <p>A validation has a line of its own: time, step, {@code validation} (of {@code all} and of each file by name: tokens,
 * loss, and with a teacher kl, teacher_loss and top1_agreement) and {@code best}, whether no earlier one was better.
 */
public final class MetricsLog implements AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** The most bytes of the file of a run without end. */
    private static final long BOUND = 64L << 20;

    private final JsonLines lines;

    private MetricsLog(Path file, long after, long bound) {
        this.lines = new JsonLines(file, bound);
        if (after > 0) {
            lines.keepUpTo(after);
        } else {
            lines.replace(List.of());
        }
    }

    /**
     * Opens the log of a run of so many steps.
     *
     * @param after lines of later steps, which a run that resumes will take once more, are dropped; 0 begins the file anew
     */
    public MetricsLog(Path file, long after) {
        this(file, after, Long.MAX_VALUE);
    }

    /** Opens the log of a run without end: over 64 MiB the older half goes. */
    public static MetricsLog bounded(Path file, long after) {
        return new MetricsLog(file, after, BOUND);
    }

    public void write(Interval interval) {
        lines.add(line(interval));
    }

    /** An interval on live text. */
    public void write(Interval interval, LiveInterval live) {
        ObjectNode line = line(interval);
        line.put("data_wait_s", live.dataWaitSeconds());
        number(line, "teacher_loss", live.teacherLoss());
        number(line, "student_kl", live.studentKl());
        lines.add(line);
    }

    private static ObjectNode line(Interval interval) {
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
        return line;
    }

    /** Each count by its name. */
    public static void put(ObjectNode node, CacheCounts counts) {
        node.put("hits", counts.hits()).put("misses", counts.misses());
        node.put("damaged", counts.damaged()).put("evicted", counts.evicted()).put("bytes", counts.bytes());
    }

    public void write(Validated found) {
        ObjectNode line = JSON.createObjectNode();
        line.put("time", Instant.now().toString());
        line.put("step", found.step());
        line.set("validation", scores(found));
        line.put("best", found.best());
        lines.add(line);
    }

    /** Returns the scores of all held-out text and of each file by name, as a line of the file has them. */
    public static ObjectNode scores(Validated found) {
        ObjectNode scores = JSON.createObjectNode();
        write(scores.putObject("all"), found.all(), found.taught());
        found.files().forEach((name, file) -> write(scores.putObject(name), file, found.taught()));
        return scores;
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
        lines.close();
    }
}
