package io.espalier.actors.job;

import io.espalier.actors.protocol.CoordinatorProtocol.Begin;
import io.espalier.actors.protocol.CoordinatorProtocol.Command;
import io.espalier.actors.protocol.CoordinatorProtocol.Commit;
import io.espalier.actors.protocol.CoordinatorProtocol.Verdict;
import io.espalier.actors.protocol.HostProtocol.Lineage;
import io.espalier.actors.protocol.JobSpec;
import io.espalier.gpu.Refused;
import io.espalier.gpu.train.TrainingCheckpoint.Origin;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;

/**
 * The coordinator of a cluster, as a student asks it: again after each time that no answer came, since a new coordinator may
 * be on its way, and no longer than its settings say.
 */
public final class CoordinatorAuthority implements CommitAuthority {
    private final ActorSystem<?> system;
    private final ActorRef<Command> coordinator;
    private final CommitSettings settings;
    private final String job;
    private final String owner;
    private final long incarnation;
    private final List<Lineage> told;
    private final AtomicLong epoch;
    private volatile Lineage begun;
    /** The last that was granted, for {@link #affirm} to repeat. */
    private volatile Question last;

    /** A question to the coordinator, complete but for the epoch in which it is asked. */
    @FunctionalInterface
    private interface Question {
        Command in(long epoch, ActorRef<Verdict> replyTo);
    }

    /**
     * Asks for one process of a job's student.
     *
     * @param coordinator usually the proxy of the singleton
     * @param epoch and {@code lineage} as the coordinator has told them
     */
    public CoordinatorAuthority(
            ActorSystem<?> system,
            ActorRef<Command> coordinator,
            CommitSettings settings,
            JobSpec job,
            long incarnation,
            long epoch,
            List<Lineage> lineage) {
        this.system = system;
        this.coordinator = coordinator;
        this.settings = settings;
        this.job = job.id();
        this.owner = "job " + job.id() + "\n" + job.origin();
        this.incarnation = incarnation;
        this.epoch = new AtomicLong(epoch);
        this.told = List.copyOf(lineage);
    }

    /** The job goes on in a newer epoch, with the same student; an older one changes nothing. */
    public void adopt(long newer) {
        epoch.accumulateAndGet(newer, Math::max);
    }

    @Override
    public CompletionStage<Verdict> begin(long baseStep) {
        return ask((now, reply) -> new Begin(job, now, incarnation, baseStep, reply))
                .whenComplete((verdict, _) -> {
                    if (verdict instanceof Verdict.Granted granted) {
                        begun = new Lineage(granted.epoch(), baseStep);
                    }
                });
    }

    @Override
    public CompletionStage<Verdict> commit(long step, String manifestSha256) {
        return ask((now, reply) -> new Commit(job, now, incarnation, step, manifestSha256, reply));
    }

    @Override
    public CompletionStage<Verdict> affirm() {
        Question question = last;
        return question == null
                ? CompletableFuture.failedFuture(new IllegalStateException("job " + job + " has not begun here"))
                : ask(question);
    }

    private CompletionStage<Verdict> ask(Question question) {
        return ask(question, System.nanoTime()).whenComplete((verdict, _) -> {
            if (verdict instanceof Verdict.Granted granted) {
                adopt(granted.epoch());
                last = question;
            }
        });
    }

    private CompletionStage<Verdict> ask(Question question, long sinceNanos) {
        long now = epoch.get();
        CompletionStage<Verdict> answer = AskPattern.<Command, Verdict>ask(
                coordinator, reply -> question.in(now, reply), settings.answerTimeout(), system.scheduler());
        return answer.exceptionallyCompose(failure -> failure instanceof TimeoutException
                                && System.nanoTime() - sinceNanos
                                        < settings.patience().toNanos()
                        ? ask(question, sinceNanos)
                        : CompletableFuture.failedFuture(unreachable(failure)))
                // Fenced in an epoch that is not this student's any more says nothing of the one that is.
                .thenCompose(verdict -> verdict instanceof Verdict.Fenced && epoch.get() != now
                        ? ask(question, sinceNanos)
                        : CompletableFuture.completedFuture(verdict));
    }

    private Refused unreachable(Throwable failure) {
        return failure instanceof Refused refused
                ? refused
                : new Refused(
                        Refused.Reason.TRY_AGAIN,
                        "job " + job + ": no coordinator has answered in "
                                + settings.patience().toSeconds() + " s",
                        failure);
    }

    @Override
    public Origin origin() {
        return new Origin(job, epoch.get());
    }

    @Override
    public List<Lineage> lineage() {
        Lineage mine = begun;
        return mine == null
                ? told
                : Stream.concat(told.stream(), Stream.of(mine)).toList();
    }

    @Override
    public boolean alone() {
        return false;
    }

    @Override
    public String owner() {
        return owner;
    }
}
