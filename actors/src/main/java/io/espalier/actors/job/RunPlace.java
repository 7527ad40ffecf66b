package io.espalier.actors.job;

import com.typesafe.config.Config;
import io.espalier.actors.meter.Metered;
import io.espalier.actors.rank.RankSettings;
import io.espalier.actors.rank.RankSupervisor;
import io.espalier.actors.teacher.PoolMonitor;
import io.espalier.actors.teacher.PoolPort;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;

/**
 * The actor system and the ranks of a run, its own or a node's, with its ways to teachers elsewhere and to its
 * coordinator. Closing it stops the run's own ranks, which free their memory.
 */
public final class RunPlace implements AutoCloseable {
    /** A run's actor writes files, and looks at models that it is told to go on with. */
    public static final Props RUN =
            Metered.mailbox().withDispatcherFromConfig("pekko.actor.default-blocking-io-dispatcher");

    private static final long TERMINATION_SECONDS = 60;

    private final Home home;
    private final PoolPort teacher;
    private final PoolMonitor teachers;
    private final CommitAuthority commits;
    private final AtomicBoolean closed = new AtomicBoolean();

    /** Actors that the run has for itself. */
    private sealed interface Home {
        /** A system that is started when it is first needed, and ends with the run. */
        final class Own implements Home {
            private final Supplier<ActorSystem<RankSupervisor.Command>> start;
            private ActorSystem<RankSupervisor.Command> system;
            private RunHandle run;

            private Own(Supplier<ActorSystem<RankSupervisor.Command>> start) {
                this.start = start;
            }

            private synchronized ActorSystem<RankSupervisor.Command> system() {
                if (system == null) {
                    system = start.get();
                }
                return system;
            }

            private synchronized RunHandle run() {
                if (run == null) {
                    run = new RunHandle(behavior -> system().systemActorOf(behavior, "run", RUN), false);
                }
                return run;
            }

            private synchronized boolean started() {
                return system != null;
            }
        }

        /** An actor system that is another's, such as that of a rank's process. */
        record Shared(ActorSystem<?> system, ActorRef<RankSupervisor.Command> ranks, RunHandle run) implements Home {}
    }

    private RunPlace(Home home, PoolPort teacher, PoolMonitor teachers, CommitAuthority commits) {
        this.home = home;
        this.teacher = teacher;
        this.teachers = teachers;
        this.commits = commits;
    }

    /** A process of its own, with all ranks in it and nobody to ask. */
    public static RunPlace alone() {
        return alone(CommitAuthority.ALONE);
    }

    /** Makes a place of its own for a run that asks an authority before anything is made the job's own. */
    static RunPlace alone(CommitAuthority commits) {
        return alone(commits, () -> {
            Config config = EspalierConfig.load();
            return ActorSystem.create(RankSupervisor.create(RankSettings.of(config)), "espalier", config);
        });
    }

    /**
     * Makes a place for a run in an actor system of the caller's making.
     *
     * @param start gives one whose guardian is a {@link RankSupervisor}
     */
    public static RunPlace alone(Supplier<ActorSystem<RankSupervisor.Command>> start) {
        return alone(CommitAuthority.ALONE, start);
    }

    private static RunPlace alone(CommitAuthority commits, Supplier<ActorSystem<RankSupervisor.Command>> start) {
        return new RunPlace(new Home.Own(start), null, new PoolMonitor(), commits);
    }

    /**
     * A rank of a cluster.
     *
     * @param ranks starts the student's own rank; it is stopped with this
     * @param run the run's actor, which is its spawner's to stop
     * @param teacher null where the job has none
     * @param teachers what they have done so far
     * @param commits asked before anything is made the job's own
     */
    public static RunPlace ofCluster(
            ActorSystem<?> system,
            ActorRef<RankSupervisor.Command> ranks,
            RunHandle run,
            PoolPort teacher,
            PoolMonitor teachers,
            CommitAuthority commits) {
        return new RunPlace(new Home.Shared(system, ranks, run), teacher, teachers, commits);
    }

    ActorSystem<?> system() {
        return switch (home) {
            case Home.Own own -> own.system();
            case Home.Shared shared -> shared.system();
        };
    }

    ActorRef<RankSupervisor.Command> ranks() {
        return switch (home) {
            case Home.Own own -> own.system();
            case Home.Shared shared -> shared.ranks();
        };
    }

    /** Teachers elsewhere; null where the run has its own or none. */
    public PoolPort teacher() {
        return teacher;
    }

    public PoolMonitor teachers() {
        return teachers;
    }

    /** Asked before anything is made the job's own. */
    public CommitAuthority commits() {
        return commits;
    }

    /** The run's actor, which is told what is wanted of the run; a system of the run's own is started by it. */
    public RunHandle run() {
        return switch (home) {
            case Home.Own own -> own.run();
            case Home.Shared shared -> shared.run();
        };
    }

    /** Waits until the ranks have ended; idempotent. */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        switch (home) {
            case Home.Own own -> {
                if (own.started()) {
                    own.system().tell(RankSupervisor.Stop.all());
                    await(own.system().getWhenTerminated());
                }
            }
            case Home.Shared shared -> {
                RankSupervisor.Stop stop = RankSupervisor.Stop.all();
                shared.ranks().tell(stop);
                await(stop.stopped());
            }
        }
    }

    private static void await(CompletionStage<?> end) {
        try {
            end.toCompletableFuture().get(TERMINATION_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (TimeoutException | ExecutionException e) {
            throw new IllegalStateException("the ranks have not ended in " + TERMINATION_SECONDS + " s", e);
        }
    }
}
