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
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.KillSwitches;
import org.apache.pekko.stream.SharedKillSwitch;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;

/**
 * One run of a job in this process: the ranks that it has here, the graph over them, and the student's weights
 * at the end. Blocks its caller; {@link #stop} may come from any thread.
 */
public final class TrainingRun implements AutoCloseable {
    private final TrainingJob job;
    private final RankSettings settings;
    private final RunPlace place;
    private final SharedKillSwitch source = KillSwitches.shared("source");
    private final CountDownLatch finished = new CountDownLatch(1);
    private final List<RankLink> ranks = new CopyOnWriteArrayList<>();
    private final StageProbes probes = new StageProbes(System::nanoTime);
    private final AtomicLong besides = new AtomicLong();
    private volatile boolean parking;
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
        long start = System.nanoTime();
        ComputeTurn turn = new ComputeTurn();
        RankLink student = start("student", job.student(), turn);
        OwnTeacher own = job.teacher() == null ? null : ownTeacher(turn);
        TeacherPort teacher = own == null ? place.teacher() : own;
        await(job.between().begin(new RunRanks(student, teacher, own)));
        besides.addAndGet(System.nanoTime() - start);
        StudentPort studentPort = (batch, signal) -> job.between()
                .before(batch)
                .thenCompose(_ -> step(student, own, batch, signal))
                .thenCompose(report -> between(report, batch))
                .thenApply(report -> {
                    if (job.between().enough()) {
                        source.shutdown();
                    }
                    return report;
                });
        // Before the gate: a source that is paused is kept waiting, and does not work.
        Source<TokenBatch, NotUsed> batches = job.batches()
                .apply(place.system())
                .via(source.flow())
                .via(probes.stage("source").exit())
                .mapAsync(1, this::whenOpen)
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
        parked = parking;
        await(job.between().end(done.get() < job.microBatches(), parked));
        return ranks.stream().map(RankLink::status).toList();
    }

    private CompletionStage<StepReport> between(StepReport report, TokenBatch batch) {
        long start = System.nanoTime();
        return job.between().after(report, batch).thenApply(told -> {
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

    /** What a teacher said that has been replaced since is asked anew of the other. */
    private static CompletionStage<StepReport> step(
            RankLink student, OwnTeacher own, TokenBatch batch, TeacherSignal signal) {
        if (own == null || !own.hasBeenReplacedSince(batch)) {
            return student.ask(reply -> new RankWorker.Step(batch, signal, reply));
        }
        return own.forward(batch)
                .thenCompose(fresh -> student.<StepReport>ask(reply -> new RankWorker.Step(batch, fresh, reply))
                        .whenComplete((_, _) -> fresh.close()));
    }

    private CompletionStage<Optional<TokenBatch>> whenOpen(TokenBatch batch) {
        return place.gate().whenOpen().thenApply(open -> open ? Optional.of(batch) : Optional.empty());
    }

    private RankLink start(String name, RankFactory factory, ComputeTurn turn) {
        CompletableFuture<RankLink> reply = new CompletableFuture<>();
        place.ranks().tell(new RankSupervisor.Start(name, factory, turn, reply));
        RankLink link = await(reply);
        ranks.add(link);
        return link;
    }

    /** How its source, teacher and student have spent their time since it was last asked for. */
    public List<StageReading> stages() {
        return probes.snapshot();
    }

    /** Takes no further batch; the steps in flight finish and the student is saved. Waits until {@link #close}d. */
    public void stop() throws InterruptedException {
        source.shutdown();
        finished.await();
    }

    /** Takes no further batch, not even one that waits; the step in flight finishes, and the student is not saved. */
    public void park() {
        parking = true;
        place.gate().end();
        source.shutdown();
    }

    /** Whether a run that has ended has been parked, and has no model to show. */
    public boolean isParked() {
        return parked;
    }

    private static <T> T await(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().join();
        } catch (CompletionException e) {
            throw unwrap(e) instanceof RuntimeException cause ? cause : new IllegalStateException(unwrap(e));
        }
    }

    static Throwable unwrap(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null
                ? unwrap(failure.getCause())
                : failure;
    }

    /** Stops the ranks, which free their memory; idempotent. */
    @Override
    public void close() {
        try {
            place.close();
        } finally {
            finished.countDown();
        }
    }
}
