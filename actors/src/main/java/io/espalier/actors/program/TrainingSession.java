package io.espalier.actors.program;

import io.espalier.actors.job.RunPlace;
import io.espalier.actors.job.TrainRequest;
import io.espalier.actors.job.Training;
import io.espalier.actors.job.Validated;
import io.espalier.actors.protocol.JobProgress;
import io.espalier.actors.report.Chart;
import io.espalier.actors.report.Interval;
import io.espalier.actors.report.RunLog;
import io.espalier.gpu.Refused;
import io.espalier.gpu.cache.CacheCounts;
import io.espalier.gpu.disk.DirectoryTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** A run as a terminal sees it: a bar, lines, and Ctrl-C that finishes the step, saves and leaves. */
public final class TrainingSession {
    private TrainingSession() {}

    /**
     * The result of a run.
     *
     * @param teacherCache null where there is none
     */
    public record Result(
            long steps, long tokens, double tokensPerSecond, double loss, CacheCounts teacherCache, boolean parked) {}

    public static Result run(String what, TrainRequest request, long logEvery) throws IOException {
        AtomicReference<Thread> hook = new AtomicReference<>();
        try (RunPlace place = RunPlace.alone()) {
            return run(what, request, logEvery, place, training -> hook.set(onSignal(request, training)), _ -> {});
        } finally {
            forget(hook.get());
        }
    }

    /**
     * A run in a place that may be a rank of a cluster.
     *
     * @param place closed with the run
     * @param onBegun given the run, to be ended early by
     * @param onProgress told once a second
     */
    static Result run(
            String what,
            TrainRequest request,
            long logEvery,
            RunPlace place,
            Consumer<Training> onBegun,
            Consumer<JobProgress> onProgress)
            throws IOException {
        if (logEvery < 1) {
            throw Refused.usage("--log-every", logEvery, "must be at least 1");
        }
        AtomicReference<RunLog> log = new AtomicReference<>();
        try (Training training = new Training(
                request,
                place,
                line -> say(log.get(), "espalier: " + line),
                found -> log.get().accept(found))) {
            Files.createDirectories(request.out());
            try (RunLog opened = log(what, request, logEvery, training)) {
                log.set(opened);
                onBegun.accept(training);
                ProgressTeller teller =
                        new ProgressTeller(request.steps(), place.teachers(), training::besidesNanos, onProgress);
                return run(what, request, training, opened, teller);
            }
        }
    }

    private static Thread onSignal(TrainRequest request, Training training) {
        Thread hook = new Thread(
                () -> {
                    System.err.println(
                            "\nespalier: stopping after the step in flight; the model is saved to " + request.out());
                    training.drain();
                    training.awaitClosed();
                },
                "stop-on-signal");
        Runtime.getRuntime().addShutdownHook(hook);
        return hook;
    }

    private static RunLog log(String what, TrainRequest request, long logEvery, Training training) {
        return new RunLog(
                what,
                request.out(),
                request.steps(),
                logEvery,
                request.losses(),
                training.begin(),
                training::teacherCache,
                training::besidesNanos);
    }

    /** Above the bar, once there is one. */
    private static void say(RunLog log, String line) {
        if (log == null) {
            System.err.println(line);
        } else {
            log.say(line);
        }
    }

    private static Result run(String what, TrainRequest request, Training training, RunLog log, ProgressTeller teller)
            throws IOException {
        try {
            training.run(report -> {
                log.accept(report);
                teller.accept(report);
            });
        } catch (RuntimeException e) {
            forgetEmptyRecords(request.out());
            throw e;
        }
        drawLoss(what, request, log.intervals());
        drawValidation(what, request, log.validations());
        return new Result(
                log.step(),
                log.tokens(),
                log.tokensPerSecond(),
                log.lastLoss(),
                training.teacherCache(),
                training.isParked());
    }

    /** A run that failed before its first line has nothing to tell: its directory must not stand in the next one's way. */
    private static void forgetEmptyRecords(Path directory) throws IOException {
        Path metrics = directory.resolve("metrics.jsonl");
        Path lock = directory.resolve("checkpoints/.lock");
        try (Stream<Path> tree = Files.walk(directory)) {
            boolean empty = tree.filter(Files::isRegularFile)
                    .allMatch(file -> file.equals(lock)
                            || (file.equals(metrics) && file.toFile().length() == 0)
                            || file.getFileName().toString().startsWith("events."));
            if (empty) {
                DirectoryTree.delete(directory);
            }
        }
    }

    /** Has a signal end the process at once again; nothing where there is no hook. */
    public static void forget(Thread hook) {
        if (hook == null) {
            return;
        }
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
                            String.join(" + ", request.losses()),
                            intervals.stream().map(Interval::step).toList(),
                            intervals.stream().map(Interval::loss).toList())));
        }
    }

    private static void drawValidation(String what, TrainRequest request, List<Validated> found) {
        if (found.size() < 2) {
            return;
        }
        List<Chart.Line> lines = new ArrayList<>();
        List<Long> steps = found.stream().map(Validated::step).toList();
        for (String file : found.getFirst().files().keySet()) {
            List<Double> scores = found.stream()
                    .map(v -> v.files().get(file))
                    .map(v -> request.teacher() == null ? v.loss() : v.kl())
                    .toList();
            lines.add(new Chart.Line(file, steps, scores));
        }
        String measure = request.teacher() == null ? "loss" : "KL to the teacher";
        Chart.lines(
                request.out().resolve("validation.png"),
                what + ": held-out " + measure,
                "step",
                "nats per token",
                lines);
    }
}
