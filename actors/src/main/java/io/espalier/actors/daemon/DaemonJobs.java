package io.espalier.actors.daemon;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.actors.http.JobControl;
import io.espalier.actors.http.JobRequest;
import io.espalier.actors.http.JobRequest.StopMode;
import io.espalier.actors.protocol.CoordinatorProtocol.Wish;
import io.espalier.actors.protocol.JobList;
import io.espalier.actors.protocol.JobOrder;
import io.espalier.actors.protocol.JobSpec;
import io.espalier.actors.protocol.JobState;
import io.espalier.actors.protocol.JobView;
import io.espalier.gpu.Refused;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Predicate;

/** Puts the requests of operators to the coordinator, and waits for their outcomes where these are to be seen. */
final class DaemonJobs implements JobControl {
    /** The number of ended jobs, the newest, that a new one's id is compared with. */
    private static final int MOST_ENDED = 1000;

    private final Coordination coordination;
    private final JobCompiler compiler;
    private final Admission admission;
    private final SpoolIngest ingest;
    private final Outcomes outcomes;
    private final Executor executor;

    /**
     * @param executor may be blocked: a recipe is read with it
     */
    DaemonJobs(
            Coordination coordination,
            JobCompiler compiler,
            Admission admission,
            SpoolIngest ingest,
            Outcomes outcomes,
            Executor executor) {
        this.coordination = coordination;
        this.compiler = compiler;
        this.admission = admission;
        this.ingest = ingest;
        this.outcomes = outcomes;
        this.executor = executor;
    }

    @Override
    public CompletionStage<Accepted> begin(JobRequest request) {
        return switch (request) {
            case JobRequest.Submit submit -> submit(submit);
            case JobRequest.Pause pause -> control(pause.job(), Wish.PAUSE, Set.of(JobState.PAUSED));
            case JobRequest.Resume resume -> control(resume.job(), Wish.RESUME, Set.of(JobState.RUNNING));
            case JobRequest.Stop stop -> stop(stop.job(), stop.mode());
            case JobRequest.Order order -> order(order);
            case JobRequest.RestartRank restart ->
                outcomes.restart(restart.rank(), () -> coordination.restart(restart.rank()))
                        .thenApply(Accepted::new);
        };
    }

    private CompletionStage<Accepted> submit(JobRequest.Submit submit) {
        return CompletableFuture.supplyAsync(
                        () -> compiler.compile(
                                submit, admission.of(submit.submitter(), submit.directory()), ingest.root()),
                        executor)
                .thenCompose(job -> find(job.id()).thenCompose(known -> submit(job, known)));
    }

    private CompletionStage<Accepted> submit(JobSpec job, Optional<JobList.Entry> known) {
        if (known.isEmpty()) {
            requireNoModel(job);
            ingest.expect(job.httpSources());
            outcomes.reviveRanks();
        } else if (!known.get().job().same(job)) {
            return another(job);
        }
        return coordination
                .submit(job)
                .thenCompose(view -> view.epoch() == 0 && view.exitCode() != 0
                        ? refused(reason(view), view.cause())
                        : taken(job, view));
    }

    /** Another of that name may have come in meanwhile. */
    private CompletionStage<Accepted> taken(JobSpec job, JobView view) {
        return find(job.id())
                .thenCompose(found -> found.isEmpty() || found.get().job().same(job)
                        ? CompletableFuture.completedFuture(done(view))
                        : another(job));
    }

    private static CompletionStage<Accepted> another(JobSpec job) {
        return refused(Refused.Reason.WRONG_STATE, "another job has been submitted as " + job.id());
    }

    private static void requireNoModel(JobSpec job) {
        job.out().filter(out -> Files.exists(out.resolve("config.json"))).ifPresent(out -> {
            throw new Refused(Refused.Reason.WRONG_STATE, out + ": holds a model: name another directory");
        });
    }

    private CompletionStage<Accepted> control(String job, Wish wish, Set<JobState> granted) {
        return entry(job)
                .thenCompose(_ -> coordination.control(job, wish))
                .thenCompose(view -> granted.contains(view.state())
                        ? CompletableFuture.completedFuture(done(view))
                        : refused(Refused.Reason.WRONG_STATE, view.cause()));
    }

    private CompletionStage<Accepted> stop(String job, StopMode mode) {
        Wish wish = switch (mode) {
            case DRAIN -> Wish.DRAIN;
            case NOW -> Wish.STOP;
        };
        Predicate<JobState> granted =
                state -> state.ended() || state == JobState.DRAINING || state == JobState.STOPPING;
        return entry(job)
                .thenCompose(entry -> entry.view().state().ended()
                        ? DaemonJobs.<JobView>refused(
                                Refused.Reason.WRONG_STATE, "job " + job + " is " + word(entry.view()) + " already")
                        : coordination.control(job, wish))
                .thenCompose(view -> granted.test(view.state())
                        ? CompletableFuture.completedFuture(
                                new Accepted(outcomes.ended(job).thenApply(DaemonJobs::json)))
                        : refused(Refused.Reason.WRONG_STATE, view.cause()));
    }

    private CompletionStage<Accepted> order(JobRequest.Order request) {
        String job = request.job();
        return entry(job).thenCompose(entry -> {
            if (!compiler.takesOrders(entry.job())) {
                return refused(
                        Refused.Reason.WRONG_STATE,
                        "job " + job + " takes no orders: it is a "
                                + entry.job().kind() + " job");
            }
            JobOrder order = admitted(request, entry.job());
            return outcomes.of(job, order.operation(), () -> coordination.order(job, order))
                    .thenApply(Accepted::new);
        });
    }

    /** A teacher is a directory like those that the job was submitted with. */
    private JobOrder admitted(JobRequest.Order request, JobSpec job) {
        return switch (request.order()) {
            case JobOrder.SwapTeacher(String operation, Path teacher, String digest) ->
                new JobOrder.SwapTeacher(
                        operation,
                        admission
                                .of(request.submitter(), job.directory())
                                .paths()
                                .admit("teacher", job.directory(), teacher.toString()),
                        digest);
            case JobOrder other -> other;
        };
    }

    private CompletionStage<JobList.Entry> entry(String job) {
        return find(job)
                .thenApply(found ->
                        found.orElseThrow(() -> new Refused(Refused.Reason.NOT_FOUND, "there is no job " + job)));
    }

    private CompletionStage<Optional<JobList.Entry>> find(String job) {
        return coordination
                .list(MOST_ENDED)
                .thenApply(list -> list.jobs().stream()
                        .filter(entry -> entry.job().id().equals(job))
                        .findFirst());
    }

    private static Refused.Reason reason(JobView view) {
        return Refused.Reason.ofExitCode(view.exitCode()).orElse(Refused.Reason.TRY_AGAIN);
    }

    private static Accepted done(JobView view) {
        return new Accepted(CompletableFuture.completedFuture(json(view)));
    }

    private static JsonNode json(JobView view) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("job", view.job()).put("state", word(view)).put("step", view.committedStep());
        return view.cause().isEmpty() ? json : json.put("cause", view.cause());
    }

    private static String word(JobView view) {
        return view.state().name().toLowerCase(Locale.ROOT);
    }

    private static <T> CompletionStage<T> refused(Refused.Reason reason, String why) {
        return CompletableFuture.failedFuture(new Refused(reason, why));
    }

    /** The jobs that have not ended. */
    static List<JobSpec> unfinished(JobList list) {
        return list.jobs().stream()
                .filter(entry -> !entry.view().state().ended())
                .map(JobList.Entry::job)
                .toList();
    }
}
