package io.espalier.actors.teacher;

import io.espalier.actors.meter.Metered;
import io.espalier.actors.protocol.HostProtocol.Stage;
import io.espalier.actors.teacher.Peer.Sent;
import io.espalier.gpu.DeviceFailure;
import io.espalier.gpu.Refused;
import io.espalier.gpu.Safeguard;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.train.ReceivedSignal;
import io.espalier.gpu.train.SignalPart;
import io.espalier.gpu.train.TeacherSignal;
import io.espalier.streams.distill.Ledger;
import io.espalier.streams.transport.Bundle;
import io.espalier.streams.transport.FrameHeader;
import io.espalier.streams.transport.FrameHeader.Kind;
import io.espalier.streams.transport.Wire;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.Signal;
import org.apache.pekko.actor.typed.javadsl.AbstractMatchingBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/**
 * A student's teachers. A batch goes to the teacher that has the least to do, within its window, and is asked again, of
 * another or the same, when its teacher dies, fails or is too late; the first answer counts, and every other is freed.
 * Batches wait while no teacher is there: as many as the graph asks about at once. The asker owns the signal.
 */
public final class TeacherPool extends AbstractMatchingBehavior<TeacherPool.Command> {
    /** The messages that the pool takes. */
    public sealed interface Command {}

    /** Ask about a batch. */
    public record Ask(TokenBatch batch, CompletableFuture<TeacherSignal> reply) implements Command {}

    /** Ask the stages of a teacher for what they have added up; of use where there is one teacher alone. */
    public record AskSums(CompletableFuture<TeacherSignal> reply) implements Command {}

    /** These are the teachers now, each by its stages in order. */
    public record Use(long epoch, List<List<Stage>> teachers) implements Command {}

    private record Opened(Peer peer, long link, TeacherLink opened, Throwable failure) implements Command {}

    private record Arrived(Peer peer, long link, Bundle bundle) implements Command {}

    private record NotSent(Peer peer, long link, int attempt, String why) implements Command {}

    private record Lost(Peer peer, long link, String why) implements Command {}

    private enum Tick implements Command {
        INSTANCE
    }

    private final ActorContext<Command> context;
    private final long job;
    private final TeacherLinks links;
    private final PoolSettings settings;
    private final LongSupplier clock;
    private final PoolMonitor monitor;
    /** The answers that are on their way through the mailbox. */
    private final Ledger<Bundle> arrivals = new Ledger<>(Bundle::close);

    private final SecureRandom random = new SecureRandom();
    private final List<Peer> peers = new ArrayList<>();
    private final TreeMap<Long, Asked> waiting = new TreeMap<>();
    private final TreeMap<Long, Asked> unanswered = new TreeMap<>();
    private long epoch;
    private long asks;
    private int attempts;

    private TeacherPool(
            ActorContext<Command> context,
            TimerScheduler<Command> timers,
            String job,
            TeacherLinks links,
            PoolSettings settings,
            LongSupplier clock,
            PoolMonitor monitor) {
        super(context);
        this.context = context;
        this.job = Wire.jobNumber(job);
        this.links = links;
        this.settings = settings;
        this.clock = clock;
        this.monitor = monitor;
        timers.startTimerWithFixedDelay(Tick.INSTANCE, settings.tick());
    }

    /**
     * The teachers of one job's student.
     *
     * @param clock nanoseconds, monotonic
     */
    public static Behavior<Command> create(
            String job, TeacherLinks links, PoolSettings settings, LongSupplier clock, PoolMonitor monitor) {
        Behavior<Command> pool = Behaviors.setup(context ->
                Behaviors.withTimers(timers -> new TeacherPool(context, timers, job, links, settings, clock, monitor)));
        return Metered.behavior(Command.class, "teacher-pool", pool);
    }

    @Override
    public Behavior<Command> onMessage(Command command) {
        switch (command) {
            case Ask ask -> onAsk(new TeacherQuestion.OfBatch(ask.batch), ask.reply);
            case AskSums ask -> onAsk(new TeacherQuestion.OfSums(), ask.reply);
            case Use use -> onUse(use);
            case Opened opened -> onOpened(opened);
            case Arrived arrived -> onArrived(arrived);
            case NotSent not -> onNotSent(not);
            case Lost lost -> onLost(lost);
            case Tick _ -> onTick();
        }
        dispatch();
        return this;
    }

    private void onAsk(TeacherQuestion question, CompletableFuture<TeacherSignal> reply) {
        Asked asked = new Asked(asks++, question, reply);
        waiting.put(asked.number, asked);
        unanswered.put(asked.number, asked);
    }

    private void onUse(Use use) {
        epoch = use.epoch;
        for (Peer peer : List.copyOf(peers)) {
            if (use.teachers.stream().noneMatch(peer::is)) {
                context.getLog().warn("teacher [{}] is gone", peer.name());
                detach(peer);
                peers.remove(peer);
            }
        }
        for (List<Stage> teacher : use.teachers) {
            if (peers.stream().noneMatch(peer -> peer.is(teacher))) {
                Peer peer = new Peer(List.copyOf(teacher));
                peers.add(peer);
                open(peer);
            }
        }
    }

    private void open(Peer peer) {
        long link = random.nextLong();
        peer.link = link;
        peer.epoch = epoch;
        peer.opening = true;
        links.open(link, epoch, peer.stages, listener(peer, link))
                .whenComplete((opened, failure) -> context.getSelf().tell(new Opened(peer, link, opened, failure)));
    }

    private TeacherLink.Listener listener(Peer peer, long link) {
        return new TeacherLink.Listener() {
            @Override
            public void arrived(Bundle bundle) {
                context.getSelf().tell(new Arrived(peer, link, arrivals.arrived(bundle)));
            }

            @Override
            public void notSent(int attempt, String why) {
                context.getSelf().tell(new NotSent(peer, link, attempt, why));
            }

            @Override
            public void lost(String why) {
                context.getSelf().tell(new Lost(peer, link, why));
            }
        };
    }

    private void onOpened(Opened opened) {
        Peer peer = opened.peer;
        boolean wanted = peers.contains(peer) && peer.link == opened.link;
        if (opened.failure == null && !wanted) {
            opened.opened.close();
        } else if (opened.failure == null) {
            peer.opening = false;
            peer.open = opened.opened;
            context.getLog().info("teacher [{}] is linked", peer.name());
        } else if (wanted) {
            peer.opening = false;
            backOff(peer);
            context.getLog().info("teacher [{}] is not linked yet: {}", peer.name(), opened.failure.getMessage());
        }
    }

    private void onArrived(Arrived arrived) {
        arrivals.take(arrived.bundle);
        Peer peer = arrived.peer;
        FrameHeader header = arrived.bundle.header();
        Sent sent = peer.link == arrived.link ? peer.sent.remove(header.attempt()) : null;
        if (sent == null && !Safeguard.DUPLICATE_CHECK.on() && !peer.sent.isEmpty()) {
            sent = peer.sent.remove(peer.sent.keySet().iterator().next());
        }
        if (sent == null
                || sent.asked().done()
                || (Safeguard.DUPLICATE_CHECK.on() && !sent.asked().question.fits(header))) {
            monitor.unwanted();
            arrived.bundle.close();
        } else {
            peer.answered(clock.getAsLong() - sent.at());
            sent.asked().open--;
            answer(peer, sent.asked(), arrived.bundle);
        }
    }

    private void answer(Peer peer, Asked asked, Bundle bundle) {
        if (bundle.kind() == Kind.FAILURE) {
            Wire.Failure failure = Wire.failure(bundle);
            bundle.close();
            onFailure(peer, asked, failure);
            return;
        }
        List<SignalPart> parts;
        try {
            parts = Wire.parts(bundle);
        } catch (IllegalArgumentException e) {
            bundle.close();
            onFailure(peer, asked, new Wire.Failure(e.getMessage(), true));
            return;
        }
        unanswered.remove(asked.number);
        monitor.answered();
        ReceivedSignal signal = new ReceivedSignal(asked.question.sequence(), parts, bundle::close);
        if (!asked.reply.complete(signal)) {
            signal.close();
        }
    }

    private void onFailure(Peer peer, Asked asked, Wire.Failure failure) {
        backOff(peer);
        asked.failures++;
        context.getLog()
                .warn("teacher [{}] failed at batch {}: {}", peer.name(), asked.question.sequence(), failure.why());
        if (!failure.retry() || asked.failures >= settings.maxFailures()) {
            unanswered.remove(asked.number);
            asked.reply.completeExceptionally(
                    failure.retry()
                            ? new DeviceFailure(failure.why(), null)
                            : new Refused(Refused.Reason.VALIDATION, peer.name() + ": " + failure.why()));
        } else {
            again(asked);
        }
    }

    private void onNotSent(NotSent not) {
        if (not.peer.link == not.link) {
            context.getLog().warn("teacher [{}] takes nothing: {}", not.peer.name(), not.why);
            monitor.gaveUp();
            detach(not.peer);
        }
    }

    private void onLost(Lost lost) {
        if (lost.peer.link == lost.link && lost.peer.open != null) {
            context.getLog().warn("the link to teacher [{}] is lost: {}", lost.peer.name(), lost.why);
            detach(lost.peer);
        }
    }

    /** Closes the link; what was asked over it is asked again. */
    private void detach(Peer peer) {
        if (peer.open != null) {
            peer.open.close();
            peer.open = null;
        }
        peer.link = 0;
        peer.opening = false;
        backOff(peer);
        List<Sent> lost = List.copyOf(peer.sent.values());
        peer.sent.clear();
        for (Sent sent : lost) {
            sent.asked().open--;
            again(sent.asked());
        }
    }

    private void backOff(Peer peer) {
        peer.notBefore = clock.getAsLong() + settings.backoff(peer.failures++).toNanos();
    }

    private void again(Asked asked) {
        if (!asked.done() && asked.open == 0) {
            waiting.put(asked.number, asked);
        }
    }

    private void onTick() {
        long now = clock.getAsLong();
        for (Peer peer : List.copyOf(peers)) {
            boolean late = peer.sent.values().stream()
                    .anyMatch(sent -> now - sent.at() > settings.deadline().toNanos());
            if (late) {
                context.getLog()
                        .warn(
                                "teacher [{}] has not answered in {} s",
                                peer.name(),
                                settings.deadline().toSeconds());
                monitor.gaveUp();
                detach(peer);
            }
            if (peer.open == null && !peer.opening && peer.notBefore <= now) {
                open(peer);
            }
        }
        unanswered.values().removeIf(Asked::done);
        waiting.values().removeIf(Asked::done);
        hedge(now);
    }

    /** The student waits for the first unanswered batch: where its teacher is slow and another is free, ask that, too. */
    private void hedge(long now) {
        if (unanswered.isEmpty() || unanswered.firstEntry().getValue().open != 1) {
            return;
        }
        Asked first = unanswered.firstEntry().getValue();
        Peer slow = peers.stream()
                .filter(peer -> peer.sent.values().stream().anyMatch(sent -> sent.asked() == first))
                .findFirst()
                .orElse(null);
        double usual = peers.stream()
                .filter(peer -> peer != slow && peer.usualNanos > 0)
                .mapToDouble(peer -> peer.usualNanos)
                .min()
                .orElse(Double.POSITIVE_INFINITY);
        double patience = Math.max((double) settings.hedgeAfter().toNanos(), settings.hedgeFactor() * usual);
        if (slow != null
                && slow.sent.values().stream()
                        .anyMatch(s -> s.asked() == first && (double) (now - s.at()) > patience)) {
            freest(slow, now).ifPresent(other -> {
                monitor.hedged();
                send(other, first, now);
            });
        }
    }

    private Optional<Peer> freest(Peer except, long now) {
        return peers.stream()
                .filter(peer -> peer != except && peer.free(settings.window(), now))
                .min(Comparator.<Peer>comparingInt(peer -> peer.sent.size())
                        .thenComparingDouble(peer -> peer.usualNanos));
    }

    private void dispatch() {
        long now = clock.getAsLong();
        while (!waiting.isEmpty()) {
            Optional<Peer> peer = freest(null, now);
            if (peer.isEmpty()) {
                return;
            }
            send(peer.get(), waiting.pollFirstEntry().getValue(), now);
        }
    }

    private void send(Peer peer, Asked asked, long now) {
        int attempt = attempts++;
        if (asked.before) {
            monitor.askedAgain();
        }
        asked.before = true;
        asked.open++;
        peer.sent.put(attempt, new Sent(asked, now));
        if (!peer.open.send(asked.question.frames(new TeacherQuestion.Attempt(job, peer.epoch, peer.link, attempt)))) {
            onLost(new Lost(peer, peer.link, "it takes no more than " + settings.window() + " batches"));
        }
    }

    @Override
    public Behavior<Command> onSignal(Signal signal) {
        if (signal instanceof PostStop) {
            for (Peer peer : peers) {
                if (peer.open != null) {
                    peer.open.close();
                }
            }
            arrivals.end();
            unanswered
                    .values()
                    .forEach(asked -> asked.reply.completeExceptionally(
                            new IllegalStateException("the run has ended before its teacher answered")));
        }
        return this;
    }
}
