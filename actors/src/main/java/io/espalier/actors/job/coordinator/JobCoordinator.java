package io.espalier.actors.job.coordinator;

import io.espalier.actors.job.journal.JobEvent;
import io.espalier.actors.job.journal.Journal;
import io.espalier.actors.job.journal.JournalFailure;
import io.espalier.actors.meter.Metered;
import io.espalier.actors.protocol.CoordinatorProtocol.Command;
import io.espalier.actors.protocol.CoordinatorProtocol.Hello;
import io.espalier.actors.protocol.CoordinatorProtocol.Watch;
import io.espalier.actors.protocol.HostProtocol;
import io.espalier.actors.protocol.JobView;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.StashBuffer;

/**
 * The coordinator of a cluster's jobs, to be its singleton. Recovers them from the journal, begins again with back-off when
 * the journal fails, and stops when another coordinator has written to it. Uses the journal and does not close it.
 */
public final class JobCoordinator extends AbstractBehavior<JobCoordinator.Input> {
    /** The inputs of the actor: messages of others, and outcomes of what it began itself. */
    sealed interface Input {}

    private record Told(Command command) implements Input {}

    private record Known(Recovery.Recovered recovered) implements Input {}

    private record Journalled(Journal.Outcome outcome) implements Input {}

    private record JournalFailed(Throwable cause) implements Input {}

    private record HostTerminated(String rank, long incarnation) implements Input {}

    private record WatcherTerminated(String job, ActorRef<JobView> watcher) implements Input {}

    private enum Time implements Input {
        TICK,
        REPEAT
    }

    /** The parts that the actor works with, which outlive its restarts. */
    private record Setup(
            Journal journal,
            CoordinatorSettings settings,
            LongSupplier nanoTime,
            Runnable onDeposed,
            Consumer<String> onTrouble) {}

    private final Setup setup;
    private final JobDesk desk;
    /** The messages that tell the end of a host, by host; a host is watched once. */
    private final Map<ActorRef<HostProtocol.Command>, HostTerminated> hosts = new HashMap<>();

    private final Map<String, Map<ActorRef<JobView>, JobView>> watchers = new HashMap<>();
    private boolean deposed;

    private JobCoordinator(ActorContext<Input> context, Setup setup, Recovery.Recovered recovered) {
        super(context);
        this.setup = setup;
        this.desk = new JobDesk(setup.settings, address(context), new Effects(), recovered, setup.nanoTime.getAsLong());
    }

    /**
     * Coordinates.
     *
     * @param nanoTime a clock that only goes forward
     * @param onDeposed run when another coordinator has written: whoever holds this one must let the cluster choose again
     * @param onTrouble told why it cannot coordinate, and with an empty text that it can
     */
    public static Behavior<Command> create(
            Journal journal,
            CoordinatorSettings settings,
            LongSupplier nanoTime,
            Runnable onDeposed,
            Consumer<String> onTrouble) {
        Setup setup = new Setup(journal, settings, nanoTime, onDeposed, onTrouble);
        Behavior<Input> recovering = Behaviors.setup(context -> recover(context, setup));
        Behavior<Input> supervised = Behaviors.supervise(Metered.behavior(Input.class, "coordinator", recovering))
                .onFailure(
                        JournalFailure.class,
                        SupervisorStrategy.restartWithBackoff(
                                settings.minBackoff(), settings.maxBackoff(), CoordinatorSettings.BACKOFF_JITTER));
        return Behaviors.transformMessages(Command.class, supervised, told -> told.match(Command.class, Told::new));
    }

    private static String address(ActorContext<Input> context) {
        return context.getSystem().address().toString();
    }

    private static Behavior<Input> recover(ActorContext<Input> context, Setup setup) {
        context.pipeToSelf(
                new Recovery(setup.journal, address(context)).run(),
                (known, failure) -> failure == null ? new Known(known) : new JournalFailed(failure));
        return Behaviors.withStash(
                setup.settings.maxWaiting(),
                stash -> Behaviors.withTimers(timers -> Behaviors.receive(Input.class)
                        .onMessage(JournalFailed.class, failed -> {
                            throw told(setup, failed);
                        })
                        .onMessage(Known.class, known -> {
                            setup.onTrouble.accept("");
                            timers.startTimerWithFixedDelay(Time.TICK, setup.settings.tick());
                            timers.startTimerWithFixedDelay(Time.REPEAT, setup.settings.repeat());
                            context.getLog()
                                    .info(
                                            "coordinator: [{}] jobs in the journal",
                                            known.recovered().jobs().size());
                            return stash.unstashAll(new JobCoordinator(context, setup, known.recovered()));
                        })
                        .onAnyMessage(message -> keep(context, stash, message))
                        .build()));
    }

    private static Behavior<Input> keep(ActorContext<Input> context, StashBuffer<Input> stash, Input message) {
        if (stash.isFull()) {
            context.getLog().warn("coordinator: too much to keep while recovering: dropped {}", message);
        } else {
            stash.stash(message);
        }
        return Behaviors.same();
    }

    private static JournalFailure told(Setup setup, JournalFailed failed) {
        JournalFailure failure = failure(failed);
        setup.onTrouble.accept(failure.getMessage());
        return failure;
    }

    private static JournalFailure failure(JournalFailed failed) {
        Throwable cause = failed.cause() instanceof CompletionException wrapped && wrapped.getCause() != null
                ? wrapped.getCause()
                : failed.cause();
        return cause instanceof JournalFailure failure ? failure : new JournalFailure("" + cause, cause);
    }

    @Override
    public Receive<Input> createReceive() {
        return newReceiveBuilder().onMessage(Input.class, this::onInput).build();
    }

    private Behavior<Input> onInput(Input input) {
        long now = setup.nanoTime.getAsLong();
        switch (input) {
            case Told(Watch watch) -> watch(watch);
            case Told(Command command) -> {
                if (command instanceof Hello hello) {
                    watchHost(hello);
                }
                desk.accept(command, now);
            }
            case Journalled(Journal.Outcome outcome) -> desk.journalled(outcome, now);
            case JournalFailed failed -> throw told(setup, failed);
            case HostTerminated(String rank, long incarnation) -> {
                hosts.values().remove(input);
                desk.hostTerminated(rank, incarnation, now);
            }
            case WatcherTerminated(String job, ActorRef<JobView> watcher) ->
                watchers.getOrDefault(job, new HashMap<>()).remove(watcher);
            case Time.TICK -> desk.tick(now);
            case Time.REPEAT -> desk.repeat(now);
            case Known again -> throw new IllegalStateException("recovered twice: " + again);
        }
        tellWatchers();
        return deposed ? Behaviors.stopped() : this;
    }

    private void watchHost(Hello hello) {
        HostTerminated end = new HostTerminated(hello.rank(), hello.incarnation());
        HostTerminated before = hosts.get(hello.host());
        if (end.equals(before)) {
            return;
        }
        if (before != null) {
            getContext().unwatch(hello.host());
        }
        hosts.put(hello.host(), end);
        getContext().watchWith(hello.host(), end);
    }

    private void watch(Watch watch) {
        Map<ActorRef<JobView>, JobView> ofJob = watchers.computeIfAbsent(watch.job(), _ -> new LinkedHashMap<>());
        if (ofJob.size() == setup.settings.maxWatchers() && !ofJob.containsKey(watch.watcher())) {
            getContext().getLog().warn("coordinator: job [{}] has [{}] watchers: no more", watch.job(), ofJob.size());
            return;
        }
        if (!ofJob.containsKey(watch.watcher())) {
            getContext().watchWith(watch.watcher(), new WatcherTerminated(watch.job(), watch.watcher()));
        }
        ofJob.put(watch.watcher(), null);
    }

    private void tellWatchers() {
        watchers.forEach((job, ofJob) -> {
            JobView view = desk.view(job);
            ofJob.replaceAll((watcher, known) -> {
                if (!view.equals(known)) {
                    watcher.tell(view);
                }
                return view;
            });
        });
    }

    /** Carries out, as this actor, what the desk decides. */
    private final class Effects implements JobDesk.Desk {
        @Override
        public void append(String job, long expectedSeq, long epoch, List<JobEvent> events) {
            getContext()
                    .pipeToSelf(
                            setup.journal.append(job, expectedSeq, epoch, events),
                            (outcome, failure) ->
                                    failure == null ? new Journalled(outcome) : new JournalFailed(failure));
        }

        @Override
        public <T> void answer(ActorRef<T> asker, T answer) {
            asker.tell(answer);
        }

        @Override
        public void send(ActorRef<HostProtocol.Command> host, HostProtocol.Command message) {
            host.tell(message);
        }

        @Override
        public void log(String job, String what) {
            getContext().getLog().info("coordinator: {}{}", prefix(job), what);
        }

        @Override
        public void warn(String job, String what) {
            getContext().getLog().warn("coordinator: {}{}", prefix(job), what);
        }

        private static String prefix(String job) {
            return job.isEmpty() ? "" : "job [" + job + "]: ";
        }

        @Override
        public void deposed(String job, String why) {
            deposed = true;
            getContext().getLog().error("coordinator: another has taken over job [{}]: {}: this one stops", job, why);
            setup.onDeposed.run();
        }
    }
}
