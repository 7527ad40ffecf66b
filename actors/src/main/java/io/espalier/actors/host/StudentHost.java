package io.espalier.actors.host;

import io.espalier.actors.job.CoordinatorAuthority;
import io.espalier.actors.job.RunActor.Wish;
import io.espalier.actors.job.RunHandle;
import io.espalier.actors.job.RunPlace;
import io.espalier.actors.meter.Metered;
import io.espalier.actors.protocol.CoordinatorProtocol.Ended;
import io.espalier.actors.protocol.CoordinatorProtocol.Outcome;
import io.espalier.actors.protocol.CoordinatorProtocol.Progress;
import io.espalier.actors.protocol.CoordinatorProtocol.RankRole;
import io.espalier.actors.protocol.CoordinatorProtocol.Verdict;
import io.espalier.actors.protocol.HostProtocol;
import io.espalier.actors.protocol.HostProtocol.Learn;
import io.espalier.actors.protocol.JobSpec;
import io.espalier.actors.rank.RankStatus;
import io.espalier.actors.rank.RankSupervisor;
import io.espalier.actors.teacher.AeronLinks;
import io.espalier.actors.teacher.PoolMonitor;
import io.espalier.actors.teacher.PoolPort;
import io.espalier.actors.teacher.TeacherPool;
import io.espalier.gpu.Refused;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractMatchingBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/**
 * A rank that is there to learn: runs the student of one job at a time, on a thread of its own, with that job's teachers as
 * the coordinator names them. A student that fails, or is told that another has taken its place, ends the process: what it
 * had made its own is on disk, and its successor goes on from there.
 */
public final class StudentHost extends AbstractMatchingBehavior<StudentHost.Command> {
    /** The messages of others to the host, and of the host to itself. */
    sealed interface Command {}

    private record Told(HostProtocol.Command command) implements Command {}

    private record RunEnded(JobSpec job, Outcome outcome) implements Command {}

    private record EndKnown(Outcome outcome, Verdict verdict) implements Command {}

    private enum Greet implements Command {
        INSTANCE
    }

    private static final long NONE = -1;
    private static final int UNEXPECTED = 1;
    private static final Duration END_TIMEOUT = Duration.ofSeconds(3);

    /** A job that is learnt, and what was made for it. */
    private record Learning(
            JobSpec job,
            CoordinatorAuthority commits,
            RunHandle handle,
            StudentRun run,
            ActorRef<TeacherPool.Command> pool) {}

    private final ActorContext<Command> context;
    private final Hosting setup;
    /** Null while there is nothing to learn. */
    private Learning learning;

    private int generation;
    /** The step that the student was last seen at; {@link #NONE} while it loads. Told by the run's thread. */
    private final AtomicLong step = new AtomicLong(NONE);
    /** It is to end, as soon as what it learns is kept. */
    private boolean parking;

    private StudentHost(ActorContext<Command> context, TimerScheduler<Command> timers, Hosting setup) {
        super(context);
        this.context = context;
        this.setup = setup;
        timers.startTimerWithFixedDelay(
                Greet.INSTANCE, Duration.ZERO, setup.settings().hello());
    }

    public static Behavior<HostProtocol.Command> create(Hosting setup) {
        Behavior<Command> host =
                Behaviors.setup(context -> Behaviors.withTimers(timers -> new StudentHost(context, timers, setup)));
        return Behaviors.transformMessages(
                HostProtocol.Command.class,
                Metered.behavior(Command.class, "student-host", host),
                told -> told.match(HostProtocol.Command.class, Told::new));
    }

    @Override
    public Behavior<Command> onMessage(Command command) {
        switch (command) {
            case Told(HostProtocol.Command told) -> onTold(told);
            case RunEnded ended -> onRunEnded(ended.job, ended.outcome);
            case EndKnown known -> onEndKnown(known);
            case Greet _ -> greet();
        }
        return parking && learning == null ? Behaviors.stopped() : this;
    }

    private void onTold(HostProtocol.Command told) {
        switch (told) {
            case Learn learn -> onLearn(learn);
            case HostProtocol.Teachers teachers -> {
                if (learns(teachers.job()) && learning.pool != null) {
                    learning.pool.tell(new TeacherPool.Use(teachers.epoch(), teachers.teachers()));
                }
            }
            case HostProtocol.Pause pause -> {
                if (learns(pause.job())) {
                    pause(learning.handle, pause.paused());
                }
            }
            case HostProtocol.Drain drain -> {
                if (learns(drain.job())) {
                    drain(drain.now());
                }
            }
            case HostProtocol.Order order -> {
                if (learns(order.job())) {
                    learning.run.order(order.order());
                }
            }
            case HostProtocol.Park _ -> {
                parking = true;
                if (learning != null) {
                    learning.run.park();
                }
            }
            case HostProtocol.Release _, HostProtocol.Teach _, HostProtocol.Attach _, HostProtocol.Detach _ -> {
                // A student ends by itself; the others are meant for teachers.
            }
        }
    }

    private void drain(boolean now) {
        if (now) {
            learning.run.park();
        } else {
            learning.run.drain();
        }
    }

    private boolean learns(String job) {
        return learning != null && learning.job.id().equals(job);
    }

    private static void pause(RunHandle run, boolean paused) {
        run.tell(paused ? Wish.PAUSE : Wish.RESUME);
    }

    private void onLearn(Learn learn) {
        if (parking) {
            return;
        }
        if (learning == null) {
            learning = begin(learn);
        } else if (learning.job.equals(learn.job())) {
            learning.commits.adopt(learn.epoch());
            pause(learning.handle, learn.paused());
        } else {
            context.getLog()
                    .error(
                            "[{}] learns job {} and is asked to learn {}",
                            setup.name(),
                            learning.job.id(),
                            learn.job().id());
        }
    }

    private Learning begin(Learn learn) {
        JobSpec job = learn.job();
        context.getLog().info("[{}] learns job {} in epoch {}", setup.name(), job.id(), learn.epoch());
        generation++;
        step.set(NONE);
        CoordinatorAuthority commits = new CoordinatorAuthority(
                context.getSystem(),
                setup.coordinator(),
                setup.commits(),
                job,
                setup.rank().incarnation(),
                learn.epoch(),
                learn.lineage());
        RunHandle handle =
                new RunHandle(behavior -> context.spawn(behavior, "run-" + generation, RunPlace.RUN), learn.paused());
        PoolMonitor counts = new PoolMonitor();
        ActorRef<TeacherPool.Command> pool = job.teachers() == 0 ? null : pool(job, counts);
        ActorRef<RankSupervisor.Command> ranks = context.spawn(
                RankSupervisor.create(setup.ranks(), setup.rank().onHung()), "ranks-" + generation, Metered.mailbox());
        RunPlace place = RunPlace.ofCluster(
                context.getSystem(),
                ranks,
                handle,
                pool == null
                        ? null
                        : new PoolPort(pool, job.teachers() * setup.teachers().window()),
                counts,
                commits);
        StudentRun run = setup.programs().student(job, place, progress -> {
            step.set(progress.step());
            setup.coordinator()
                    .tell(new Progress(
                            job.id(), commits.origin().epoch(), setup.rank().incarnation(), progress));
        });
        CompletableFuture<Outcome> ended = new CompletableFuture<>();
        Thread.ofPlatform().name("student-" + job.id()).start(() -> {
            try {
                ended.complete(run.run());
            } catch (Throwable e) {
                ended.complete(new Outcome.Failed(e.toString(), Outcome.Again.COUNTED, UNEXPECTED));
            }
        });
        context.pipeToSelf(ended, (outcome, _) -> new RunEnded(job, outcome));
        return new Learning(job, commits, handle, run, pool);
    }

    private ActorRef<TeacherPool.Command> pool(JobSpec job, PoolMonitor counts) {
        CompletableFuture<String> digest =
                CompletableFuture.supplyAsync(() -> setup.programs().teacherDigest(job));
        AeronLinks links = new AeronLinks(
                context.getSystem(),
                setup.transport(),
                job.id(),
                digest,
                context.getSelf().unsafeUpcast(),
                setup.teachers());
        return context.spawn(
                TeacherPool.create(job.id(), links, setup.teachers(), System::nanoTime, counts),
                "teachers-" + generation,
                Metered.mailbox());
    }

    /** Told until the coordinator has it, which may be a new one meanwhile; that it is parked a new one would see anyway. */
    private void onRunEnded(JobSpec job, Outcome outcome) {
        context.ask(
                Verdict.class,
                setup.coordinator(),
                END_TIMEOUT,
                replyTo -> new Ended(
                        job.id(),
                        learning.commits.origin().epoch(),
                        setup.rank().incarnation(),
                        outcome,
                        replyTo),
                (verdict, failure) -> failure == null || (outcome instanceof Outcome.Parked && parking)
                        ? new EndKnown(outcome, verdict)
                        : new RunEnded(job, outcome));
    }

    private void onEndKnown(EndKnown known) {
        switch (known.outcome) {
            case Outcome.Completed completed -> {
                context.getLog()
                        .info(
                                "[{}] has ended job {} after {} steps",
                                setup.name(),
                                learning.job.id(),
                                completed.steps());
                forget();
            }
            case Outcome.Parked parked -> {
                context.getLog()
                        .info("[{}] has parked job {} after {} steps", setup.name(), learning.job.id(), parked.steps());
                forget();
            }
            case Outcome.Failed failed -> {
                String why = setup.name() + ": job " + learning.job.id() + ": " + failed.cause();
                if (failed.again() == Outcome.Again.NEVER) {
                    context.getLog().error(why);
                } else {
                    context.getLog().warn("{}; another process goes on", why);
                    parking = true;
                }
                // The job counts its failures, not the rank: it is as good as before, for this job's next try or the
                // next job.
                forget();
            }
        }
        if (known.verdict instanceof Verdict.Fenced fenced && !parking) {
            throw new Refused(Refused.Reason.TRY_AGAIN, setup.name() + ": " + fenced.why());
        }
    }

    private void forget() {
        if (learning.pool != null) {
            context.stop(learning.pool);
        }
        context.stop(learning.handle.actor());
        learning = null;
        if (!parking) {
            greet();
        }
    }

    private void greet() {
        long seen = step.get();
        RankStatus status = learning != null && seen != NONE
                ? new RankStatus(setup.name(), RankStatus.State.WORKING, seen, 0)
                : RankStatus.idle(setup.name(), learning != null);
        setup.greet(RankRole.STUDENT, status, context.getSelf().unsafeUpcast());
    }
}
