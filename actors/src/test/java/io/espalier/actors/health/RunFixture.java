package io.espalier.actors.health;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Locale;

/** A run's directory as a continual student fills it. */
final class RunFixture {
    private final Path run;
    private long events;

    RunFixture(Path run) {
        this.run = run;
        try {
            Files.createDirectories(run);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Path run() {
        return run;
    }

    void interval(long step, double loss, Instant time) {
        ObjectNode line =
                AnswerJson.at(time).put("step", step).put("tokens", step * 512).put("loss", loss);
        line.put("skipped", 0).put("grad_norm", 0.5).put("learning_rate", 1e-3).put("tokens_per_s", 1000.0);
        line.put("student_kl", loss / 10).put("teacher_loss", 2.0).put("data_wait_s", 0.01);
        append("metrics.jsonl", line + "\n");
    }

    void validation(long step, double kl, Instant time) {
        ObjectNode line = AnswerJson.at(time).put("step", step);
        line.putObject("validation").putObject("tales.txt").put("kl", kl).put("tokens", 100);
        append("metrics.jsonl", line + "\n");
    }

    void event(String kind, String message, Instant time) {
        events++;
        ObjectNode line =
                AnswerJson.at(time).put("seq", events).put("kind", kind).put("severity", "info");
        append("events.jsonl", line.put("step", 7).put("message", message) + "\n");
    }

    void live(long step, Instant time) {
        ObjectNode live =
                AnswerJson.at(time).put("step", step).put("state", "running").put("dead_letters", 3);
        live.put("published", "v000001").put("replay_share", 0.25).put("learning_rate", 1e-3);
        live.withArray("sources")
                .addObject()
                .put("name", "chat")
                .put("kind", "http")
                .put("lag_records", 12)
                .put("read", 100)
                .put("duplicates", 1)
                .put("dead", 3);
        for (String stage : new String[] {"source", "teacher", "student"}) {
            live.withArray("stages")
                    .addObject()
                    .put("name", stage)
                    .put("busy", 0.25)
                    .put("idle", 0.25)
                    .put("back_pressured", 0.5)
                    .put("elements", step);
        }
        try {
            Path next = Files.writeString(run.resolve("live.json.tmp"), live.toString());
            Files.setLastModifiedTime(next, FileTime.from(time));
            Files.move(next, run.resolve("live.json"), StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void checkpoint(long step) {
        try {
            Path directory = Files.createDirectories(
                    run.resolve("checkpoints").resolve(String.format(Locale.ROOT, "step-%09d", step)));
            Files.writeString(directory.resolve("manifest.json"), "{\"origin\":{\"job\":\"j\",\"epoch\":3}}");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void append(String file, String text) {
        try {
            Files.writeString(run.resolve(file), text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
