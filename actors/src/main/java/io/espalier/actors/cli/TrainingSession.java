package io.espalier.actors.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.actors.job.TrainRequest;
import io.espalier.actors.job.Training;
import io.espalier.actors.report.Chart;
import io.espalier.actors.report.Interval;
import io.espalier.actors.report.RunLog;
import io.espalier.actors.report.Table;
import io.espalier.gpu.Refused;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** A run as a terminal sees it: a bar, lines, and Ctrl-C that finishes the step, saves and leaves. */
final class TrainingSession {
    private TrainingSession() {}

    /** What a run came to. */
    record Result(long steps, long tokens, double tokensPerSecond, double loss) {}

    static Result run(String what, TrainRequest request, long logEvery) throws IOException {
        if (logEvery < 1) {
            throw Refused.usage("--log-every", logEvery, "must be at least 1");
        }
        try (Training training = new Training(request, line -> System.err.println("espalier: " + line))) {
            Files.createDirectories(request.out());
            Thread onSignal = new Thread(() -> stop(training), "stop-on-signal");
            Runtime.getRuntime().addShutdownHook(onSignal);
            try (RunLog log = new RunLog(
                    what,
                    request.out(),
                    request.steps(),
                    logEvery,
                    request.loss().labels(),
                    training.begin())) {
                return run(what, request, training, log);
            } finally {
                forget(onSignal);
            }
        }
    }

    private static Result run(String what, TrainRequest request, Training training, RunLog log) throws IOException {
        try {
            training.run(log::accept);
        } catch (RuntimeException e) {
            if (log.intervals().isEmpty()) {
                forgetEmptyRecords(request.out());
            }
            throw e;
        }
        drawLoss(what, request, log.intervals());
        return new Result(log.step(), log.tokens(), log.tokensPerSecond(), log.lastLoss());
    }

    /** A run that failed before its first line has nothing to tell: its directory must not stand in the next one's way. */
    private static void forgetEmptyRecords(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(directory);
    }

    private static void stop(Training training) {
        System.err.println("\nespalier: stopping after the step in flight; the model is saved to " + training.out());
        try {
            training.stop();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void forget(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException alreadyLeaving) {
            // The hook is what brought us here; it waits for this run to close.
        }
    }

    private static void drawLoss(String what, TrainRequest request, List<Interval> intervals) {
        if (intervals.size() > 1) {
            Chart.lines(
                    request.out().resolve("loss.png"),
                    what + ": loss",
                    "step",
                    "nats per token",
                    List.of(new Chart.Line(
                            String.join(" + ", request.loss().labels()),
                            intervals.stream().map(Interval::step).toList(),
                            intervals.stream().map(Interval::loss).toList())));
        }
    }

    static void print(CommonOptions common, TrainRequest request, Result result) {
        ObjectNode json = CommonOptions.object();
        json.put("steps", result.steps());
        json.put("tokens", result.tokens());
        json.put("tokens_per_s", result.tokensPerSecond());
        json.put("loss", result.loss());
        json.put("out", request.out().toString());
        common.print(
                json,
                new Table("measure", "value")
                        .row("steps", Table.count(result.steps()))
                        .row("tokens", Table.count(result.tokens()))
                        .row("tokens/s", Table.count(Math.round(result.tokensPerSecond())))
                        .row("last loss", Table.number(result.loss(), 4))
                        .row("out", request.out().toString())
                        .toText());
    }
}
