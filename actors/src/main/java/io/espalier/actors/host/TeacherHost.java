package io.espalier.actors.host;

import io.espalier.actors.meter.Metered;
import io.espalier.actors.protocol.CoordinatorProtocol.RankRole;
import io.espalier.actors.protocol.HostProtocol;
import io.espalier.actors.protocol.HostProtocol.Attach;
import io.espalier.actors.protocol.HostProtocol.AttachReply.Attached;
import io.espalier.actors.protocol.HostProtocol.AttachReply.Declined;
import io.espalier.actors.protocol.HostProtocol.Teach;
import io.espalier.actors.protocol.JobSpec;
import io.espalier.actors.rank.ComputeTurn;
import io.espalier.actors.rank.RankLink;
import io.espalier.actors.rank.RankStatus;
import io.espalier.actors.rank.RankSupervisor;
import io.espalier.actors.rank.RankWorker;
import io.espalier.gpu.FaultPoint;
import io.espalier.gpu.Refused;
import io.espalier.gpu.train.TeacherSignal;
import io.espalier.streams.distill.StagePort;
import io.espalier.streams.transport.FrameKey;
import io.espalier.streams.transport.TransportLost;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.Signal;
import org.apache.pekko.actor.typed.Terminated;
import org.apache.pekko.actor.typed.javadsl.AbstractMatchingBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/**
 * A rank that is there to teach: holds a stage of one job's teacher at a time, and serves it over any number of links, each
 * of which ends with its owner. A rank that is given up ends the process, whose successor begins with a whole device.
 */
public final class TeacherHost extends AbstractMatchingBehavior<TeacherHost.Command> {
    /** The messages of others to the host, and of the host to itself. */
    sealed interface Command {}

    private record Told(HostProtocol.Command command) implements Command {}

    private record Started(JobSpec job, RankLink rank) implements Command {}

    private record Digested(JobSpec job, String digest, Throwable failure) implements Command {}

    private record LinkEnded(long link, Throwable failure) implements Command {}

    private enum Greet implements Command {
        INSTANCE
    }

    private record Served(ServedLink link, ActorRef<HostProtocol.Command> owner) {}

    private final ActorContext<Command> context;
    private final Hosting setup;
    private final Map<Long, Served> links = new HashMap<>();
    private int generation;

    /** Null while there is nothing to teach; the rank and the digest of its model come later. */
    private Teach teaching;

    private ActorRef<RankSupervisor.Command> supervisor;
    private RankLink rank;
    private String digest;

    private TeacherHost(ActorContext<Command> context, TimerScheduler<Command> timers, Hosting setup) {
        super(context);
        this.context = context;
        this.setup = setup;
        timers.startTimerWithFixedDelay(
                Greet.INSTANCE, Duration.ZERO, setup.settings().hello());
    }

    public static Behavior<HostProtocol.Command> create(Hosting setup) {
        Behavior<Command> host =
                Behaviors.setup(context -> Behaviors.withTimers(timers -> new TeacherHost(context, timers, setup)));
        return Behaviors.transformMessages(
                HostProtocol.Command.class,
                Metered.behavior(Command.class, "teacher-host", host),
                told -> told.match(HostProtocol.Command.class, Told::new));
    }

    @Override
    public Behavior<Command> onMessage(Command command) {
        switch (command) {
            case Told(HostProtocol.Park _) -> {
                // Students ask another teacher what this one was asked and has not answered.
                return Behaviors.stopped();
            }
            case Told(HostProtocol.Command told) -> onTold(told);
            case Started started -> onStarted(started);
            case Digested digested -> onDigested(digested);
            case LinkEnded ended -> onLinkEnded(ended);
            case Greet _ -> greet();
        }
        return this;
    }

    private void onTold(HostProtocol.Command told) {
        switch (told) {
            case Teach teach -> onTeach(teach);
            case Attach attach -> onAttach(attach);
            case HostProtocol.Detach detach -> close(detach.link());
            case HostProtocol.Release release -> onRelease(release);
            case HostProtocol.Learn learn ->
                context.getLog()
                        .error(
                                "[{}] is asked to learn job {}: it is there to teach",
                                setup.name(),
                                learn.job().id());
            case HostProtocol.Teachers _,
                    HostProtocol.Pause _,
                    HostProtocol.Drain _,
                    HostProtocol.Order _,
                    HostProtocol.Park _ -> {
                // Meant for a student.
            }
        }
    }

    private void onTeach(Teach teach) {
        boolean same = teaching != null
                && teaching.job().equals(teach.job())
                && teaching.stage() == teach.stage()
                && teaching.stages() == teach.stages();
        if (!same) {
            release();
            teaching = teach;
            context.getLog()
                    .info(
                            "[{}] teaches job {}, stage {} of {}",
                            setup.name(),
                            teach.job().id(),
                            teach.stage(),
                            teach.stages());
            supervisor = context.spawn(
                    RankSupervisor.create(setup.ranks(), setup.rank().onHung()),
                    "ranks-" + generation++,
                    Metered.mailbox());
            CompletableFuture<RankLink> started = new CompletableFuture<>();
            supervisor.tell(new RankSupervisor.Start(
                    setup.name(),
                    setup.programs().teacher(teach.job(), teach.stage(), teach.stages()),
                    new ComputeTurn(),
                    started));
            context.pipeToSelf(started, (link, _) -> new Started(teach.job(), link));
            context.pipeToSelf(
                    CompletableFuture.supplyAsync(() -> setup.programs().teacherDigest(teach.job())),
                    (found, failure) -> new Digested(teach.job(), found, failure));
        }
        greet();
    }

    private void onStarted(Started started) {
        if (teaching != null && teaching.job().equals(started.job)) {
            rank = started.rank;
            greet();
        }
    }

    private void onDigested(Digested digested) {
        if (digested.failure != null) {
            throw new Refused(
                    Refused.Reason.TRY_AGAIN,
                    setup.name() + ": cannot read its model: " + digested.failure.getMessage(),
                    digested.failure);
        } else if (teaching != null && teaching.job().equals(digested.job)) {
            digest = digested.digest;
        }
    }

    private void onAttach(Attach attach) {
        String why = whyNot(attach);
        if (why != null) {
            attach.replyTo().tell(new Declined(attach.link(), setup.name() + ": " + why, true));
            return;
        }
        boolean last = teaching.stage() == teaching.stages() - 1;
        StagePort stage = input -> {
            FaultPoint.REQUEST_TAKEN.reached();
            return rank.<TeacherSignal>ask(reply -> new RankWorker.Serve(input, reply))
                    .thenApply(signal -> {
                        FaultPoint.SIGNAL_COMPUTED.reached();
                        return signal;
                    });
        };
        ServedLink link;
        try {
            link = ServedLink.open(context.getSystem(), setup.transport().get(), attach, stage, last);
        } catch (Refused | TransportLost e) {
            attach.replyTo().tell(new Declined(attach.link(), setup.name() + ": " + e.getMessage(), true));
            return;
        }
        context.pipeToSelf(link.ended(), (_, failure) -> new LinkEnded(attach.link(), failure));
        links.put(attach.link(), new Served(link, attach.owner()));
        context.watch(attach.owner());
        attach.replyTo().tell(new Attached(attach.link(), link.inbound(), digest));
    }

    private String whyNot(Attach attach) {
        if (attach.key().length != FrameKey.BYTES) {
            return "its key has " + attach.key().length + " bytes, and must have " + FrameKey.BYTES;
        }
        if (teaching == null || !teaching.job().id().equals(attach.job()) || teaching.stage() != attach.stage()) {
            return "it does not teach job " + attach.job() + ", stage " + attach.stage();
        }
        return rank == null || digest == null || rank.status().state() == RankStatus.State.LOADING
                ? "it is loading its model"
                : null;
    }

    private void onLinkEnded(LinkEnded ended) {
        if (links.remove(ended.link) != null && ended.failure != null) {
            context.getLog().warn("[{}] has lost a link: {}", setup.name(), ended.failure.toString());
        }
    }

    private void close(long number) {
        Served served = links.remove(number);
        if (served != null) {
            served.link.close();
        }
    }

    private void onRelease(HostProtocol.Release release) {
        if (teaching != null && teaching.job().id().equals(release.job())) {
            release();
            greet();
        }
    }

    private void release() {
        links.values().forEach(served -> served.link.close());
        links.clear();
        if (supervisor != null) {
            supervisor.tell(RankSupervisor.Stop.all());
        }
        supervisor = null;
        rank = null;
        digest = null;
        teaching = null;
    }

    private void greet() {
        RankStatus status = rank == null ? RankStatus.idle(setup.name(), teaching != null) : rank.status();
        setup.greet(RankRole.TEACHER, status, context.getSelf().unsafeUpcast());
        if (status.state() == RankStatus.State.FAILED) {
            throw new Refused(Refused.Reason.TRY_AGAIN, setup.name() + ": its device has failed too often");
        }
    }

    @Override
    public Behavior<Command> onSignal(Signal signal) {
        if (signal instanceof Terminated terminated) {
            links.entrySet().stream()
                    .filter(entry -> entry.getValue()
                            .owner()
                            .path()
                            .equals(terminated.getRef().path()))
                    .map(Map.Entry::getKey)
                    .toList()
                    .forEach(this::close);
        } else if (signal instanceof PostStop) {
            release();
        }
        return this;
    }
}
