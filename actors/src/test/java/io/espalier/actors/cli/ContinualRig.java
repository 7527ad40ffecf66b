package io.espalier.actors.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.actors.continual.EventKind;
import io.espalier.actors.continual.EventLog;
import io.espalier.actors.continual.JobLedger;
import io.espalier.actors.host.StudentRun;
import io.espalier.actors.job.RunPlace;
import io.espalier.actors.program.Job;
import io.espalier.actors.protocol.CoordinatorProtocol.Outcome;
import io.espalier.actors.protocol.CoordinatorProtocol.RankRole;
import io.espalier.actors.quickstart.TinyWorld;
import io.espalier.actors.rank.RankPlace;
import io.espalier.actors.report.JsonLines;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;

/** A run on a generated stream as a rank of a daemon has it, and what it tells of itself. */
final class ContinualRig implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 90;
    private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private static final Map<String, String> USUAL = Map.of(
            "--batch", "4",
            "--seq-length", "32",
            "--threads", "1",
            "--learning-rate", "3e-3",
            "--validate-samples", "24",
            "--log-every", "5",
            "--warmup", "5");

    private final Path out;
    private final StudentRun run;
    private final CompletableFuture<Outcome> outcome = new CompletableFuture<>();

    private ContinualRig(Path out, StudentRun run) {
        this.out = out;
        this.run = run;
    }

    /** The command of a run; {@code more} options come last, instead of the usual ones of the same names. */
    static List<String> arguments(TinyWorld world, String live, Path out, String... more) {
        List<String> arguments = new ArrayList<>(List.of("continual", "--live", live));
        arguments.addAll(List.of("--teacher", world.teacher().toString()));
        arguments.addAll(List.of("--student", world.student().toString()));
        arguments.add("--validation");
        for (Path text : world.text()) {
            String name = text.getFileName().toString().replace(".jsonl", "-heldout.jsonl");
            arguments.add(text.resolveSibling(name).toString());
        }
        List<String> given = List.of(more);
        USUAL.forEach((option, value) -> {
            if (!given.contains(option)) {
                arguments.addAll(List.of(option, value));
            }
        });
        arguments.addAll(List.of("--out", out.toString()));
        arguments.addAll(given);
        return LiveOption.asData(arguments);
    }

    static ContinualRig start(List<String> arguments, Path out) {
        Job job = DescribesJob.of(Main.commandLine(), arguments).job();
        RankPlace rank = new RankPlace("student-0", RankRole.STUDENT, "cpu", 1);
        ContinualRig rig = new ContinualRig(out, job.student(rank, RunPlace.alone(), _ -> {}));
        Thread.ofPlatform().name("rig").start(() -> rig.outcome.complete(rig.run.run()));
        return rig;
    }

    StudentRun run() {
        return run;
    }

    List<JsonNode> events() {
        return events(out);
    }

    static List<JsonNode> events(Path out) {
        return JsonLines.read(out.resolve(EventLog.FILE));
    }

    List<JsonNode> events(EventKind kind) {
        return events().stream()
                .filter(event -> event.path("kind").asText().equals(kind.label()))
                .toList();
    }

    /** Waits for an event; fails with all of them where the run ends or takes too long. */
    JsonNode await(EventKind kind, Predicate<JsonNode> which) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (System.nanoTime() < deadline) {
            boolean ended = outcome.isDone();
            for (JsonNode event : events(kind)) {
                if (which.test(event)) {
                    return event;
                }
            }
            if (ended) {
                break;
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
        throw new AssertionError("no " + kind + ": " + outcome + "\n" + text(events()));
    }

    JsonNode await(EventKind kind) {
        return await(kind, _ -> true);
    }

    JsonNode awaitOperation(String operation) {
        return await(
                EventKind.ORDER_DONE, event -> event.path("operation").asText().equals(operation));
    }

    /** Waits until the run's status is such. */
    JsonNode awaitStatus(Predicate<JsonNode> such) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (System.nanoTime() < deadline) {
            List<JsonNode> status = JsonLines.read(out.resolve("live.json"));
            if (!status.isEmpty() && such.test(status.getFirst())) {
                return status.getFirst();
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
        throw new AssertionError(JsonLines.read(out.resolve("live.json")) + text(events()));
    }

    static String text(List<JsonNode> events) {
        StringBuilder text = new StringBuilder();
        events.forEach(event -> text.append(event).append('\n'));
        return text.toString();
    }

    Outcome outcome() {
        try {
            return outcome.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        } catch (java.util.concurrent.ExecutionException | TimeoutException e) {
            throw new AssertionError(text(events()), e);
        }
    }

    Outcome park() {
        run.park();
        return outcome();
    }

    /** Mean held-out KL by step, the last of each. */
    List<JsonNode> validations() {
        return JsonLines.read(out.resolve("metrics.jsonl")).stream()
                .filter(line -> line.has("validation"))
                .toList();
    }

    /** The student's KL after a step; where the run went back there, the one that was found then. */
    double heldOut(long step) {
        return kl(validations(step).getLast());
    }

    /** All of a step: two where the student has collapsed there and gone back. */
    List<JsonNode> validations(long step) {
        return validations().stream()
                .filter(line -> line.path("step").asLong() == step)
                .toList();
    }

    static double kl(JsonNode validation) {
        return validation.at("/validation/all/kl").asDouble();
    }

    JobLedger ledger() {
        return JobLedger.read(out);
    }

    @Override
    public void close() {
        assertThat(park()).as(text(events())).isNotInstanceOf(Outcome.Failed.class);
    }
}
