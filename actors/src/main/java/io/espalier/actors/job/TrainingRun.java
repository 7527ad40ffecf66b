package io.espalier.actors.job;

import io.espalier.actors.rank.ComputeTurn;
import io.espalier.actors.rank.RankFactory;
import io.espalier.actors.rank.RankLink;
import io.espalier.actors.rank.RankSettings;
import io.espalier.actors.rank.RankStatus;
import io.espalier.actors.rank.RankSupervisor;
import io.espalier.actors.rank.RankWorker;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.train.StepReport;
import io.espalier.gpu.train.TeacherSignal;
import io.espalier.streams.distill.DistillGraph;
import io.espalier.streams.distill.StudentPort;
import io.espalier.streams.distill.TeacherPort;
import io.espalier.streams.probe.StageProbes;
import io.espalier.streams.probe.StageReading;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.KillSwitches;
import org.apache.pekko.stream.SharedKillSwitch;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;

/**
 * A run of a job in this process: the ranks that it has here, the graph over them, and the student's weights at the
 * end. It blocks its caller. Other threads tell its wishes to the run's actor, {@link RunPlace#run}.
 */
public final class TrainingRun implements AutoCloseable {
    private final TrainingJob job;
    private final RankSettings settings;
    private final RunPlace place;
    private final SharedKillSwitch source = KillSwitches.shared("source");
    private final CompletableFuture<Void> closed = new CompletableFuture<>();
    private final List<RankLink> ranks = new CopyOnWriteArrayList<>();
    private final StageProbes probes = new StageProbes(System::nanoTime);
    private final AtomicLong besides = new AtomicLong();
    private boolean parked;

    /** @param place closed with the run */
    public TrainingRun(TrainingJob job, RankSettings settings, RunPlace place) {
        this.job = job;
        this.settings = settings;
        this.place = place;
    }

    /**
     * Runs to the end of the job, or until stopped.
     *
     * @param onReport called for each micro-batch, in order
     * @return what the ranks were last seen doing
     */
    public List<RankStatus> run(Consumer<StepReport> onReport) {
        RunHandle run = place.run();
        run.tell(new RunActor.Opens(job.between(), source::shutdown));
        boolean whole = false;
        try {
            learn(run, onReport);
            whole = true;
        } finally {
            tellEnd(run, whole);
        }
        return ranks.stream().map(RankLink::status).toList();
    }

    /** Waits until the end is written down; an actor that is gone writes nothing, and why it is gone has been told. */
    private static void tellEnd(RunHandle run, boolean whole) {
        run.<Void>ask(known -> new RunActor.Ended(whole, known))
                .handle((_, _) -> null)
                .join();
    }

    private void learn(RunHandle run, Consumer<StepReport> onReport) {
        long start = System.nanoTime();
        ComputeTurn turn = new ComputeTurn();
        RankLink student = start("student", job.student(), turn);
        OwnTeacher own = job.teacher() == null ? null : ownTeacher(turn);
        TeacherPort teacher = own == null ? place.teacher() : own;
        await(job.between().begin(new RunRanks(student, teacher, own)));
        besides.addAndGet(System.nanoTime() - start);
        run.tell(new RunActor.Begun());
        StudentPort studentPort = (batch, signal) -> run.<Void>ask(RunActor.StepBegins::new)
                .thenCompose(_ -> step(student, own, batch, signal))
                .thenCompose(report -> between(run, report, batch));
        // The probe comes before the gate, so that a source that is paused counts as kept waiting and not as working.
        Source<TokenBatch, NotUsed> batches = job.batches()
                .apply(place.system())
                .via(source.flow())
                .via(probes.stage("source").exit())
                .mapAsync(
                        1,
                        batch -> run.<Boolean>ask(RunActor.Arrived::new)
                                .thenApply(goesOn -> goesOn ? Optional.of(batch) : Optional.<TokenBatch>empty()))
                .takeWhile(Optional::isPresent)
                .map(Optional::get)
                .take(job.microBatches());
        Source<StepReport, NotUsed> reports = teacher == null
                ? DistillGraph.train(batches, studentPort, probes)
                : DistillGraph.distill(batches, teacher, studentPort, settings.prefetch(), probes);
        AtomicLong done = new AtomicLong();
        await(reports.runWith(
                Sink.foreach(report -> {
                    done.incrementAndGet();
                    onReport.accept(report);
                }),
                place.system()));
        parked = await(run.ask(RunActor.StreamEnded::new));
        await(job.between().end(done.get() < job.microBatches(), parked));
    }

    private CompletionStage<StepReport> between(RunHandle run, StepReport report, TokenBatch batch) {
        long start = System.nanoTime();
        return run.<StepReport>ask(goesOn -> new RunActor.StepEnded(report, batch, goesOn))
                .thenApply(told -> {
                    besides.addAndGet(System.nanoTime() - start);
                    return told;
                });
    }

    /** Nanoseconds so far that went into opening the ranks and into what is done between steps. */
    public long besidesNanos() {
        return besides.get();
    }

    private OwnTeacher ownTeacher(ComputeTurn turn) {
        return new OwnTeacher(
                job.teacher(),
                (name, factory) -> start(name, factory, turn),
                rank -> place.ranks().tell(new RankSupervisor.Release(rank)),
                settings.maxAttempts());
    }

    /**
     * Makes a step; where the teacher has been replaced since it answered, the new teacher is asked about the batch
     * anew.
     */
    private static CompletionStage<StepReport> step(
            RankLink student, OwnTeacher own, TokenBatch batch, TeacherSignal signal) {
        if (own == null || !own.hasBeenReplacedSince(batch)) {
            return student.ask(reply -> new RankWorker.Step(batch, signal, reply));
        }
        return own.forward(batch)
                .thenCompose(fresh -> student.<StepReport>ask(reply -> new RankWorker.Step(batch, fresh, reply))
                        .whenComplete((_, _) -> fresh.close()));
    }

    private RankLink start(String name, RankFactory factory, ComputeTurn turn) {
        CompletableFuture<RankLink> reply = new CompletableFuture<>();
        place.ranks().tell(new RankSupervisor.Start(name, factory, turn, reply));
        RankLink link = await(reply);
        ranks.add(link);
        return link;
    }

    /** The shares of time of the source, the teacher and the student since the last call. */
    public List<StageReading> stages() {
        return probes.snapshot();
    }

    /** Ends the run after the step in flight, with a checkpoint and without a model; does not wait. */
    public void park() {
        place.run().tell(RunActor.Wish.PARK);
    }

    /** Waits until the run is {@link #close}d. */
    public void awaitClosed() {
        closed.join();
    }

    /** Whether a run that has ended has been parked, and has no model to show. */
    public boolean isParked() {
        return parked;
    }

    private static <T> T await(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().join();
        } catch (CompletionException e) {
            throw Awaited.cause(e) instanceof RuntimeException cause
                    ? cause
                    : new IllegalStateException(Awaited.cause(e));
        }
    }

    /** Stops the ranks, which free their memory; idempotent. */
    @Override
    public void close() {
        try {
            place.close();
        } finally {
            closed.complete(null);
        }
    }
}
