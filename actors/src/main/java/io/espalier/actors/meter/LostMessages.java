package io.espalier.actors.meter;

import java.time.Clock;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.apache.pekko.actor.DeadLetter;
import org.apache.pekko.actor.UnhandledMessage;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.eventstream.EventStream;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/** Counts the messages of an actor system that found no actor, or one that did nothing with them; keeps the latest. */
public final class LostMessages {
    /** Lost messages that are kept to be looked at. */
    static final int KEPT = 50;

    private final Clock clock;
    private final Deque<Lost> latest = new ArrayDeque<>();
    private long deadLetters;
    private long unhandled;

    /**
     * A message that was lost.
     *
     * @param message its kind alone: what is in it is nobody's business here
     * @param to path of the actor
     */
    public record Lost(Instant time, String message, String to, boolean unhandled) {}

    private LostMessages(Clock clock) {
        this.clock = clock;
    }

    /** Counts from now on, until the system ends. */
    public static LostMessages of(ActorSystem<?> system, Clock clock) {
        LostMessages lost = new LostMessages(clock);
        system.eventStream()
                .tell(new EventStream.Subscribe<>(
                        DeadLetter.class, system.systemActorOf(lost.onDeadLetter(), "dead-letters", Props.empty())));
        system.eventStream()
                .tell(new EventStream.Subscribe<>(
                        UnhandledMessage.class, system.systemActorOf(lost.onUnhandled(), "unhandled", Props.empty())));
        return lost;
    }

    private Behavior<DeadLetter> onDeadLetter() {
        return Behaviors.receiveMessage(dead -> {
            add(kind(dead.message()), dead.recipient().path().toStringWithoutAddress(), false);
            return Behaviors.same();
        });
    }

    private Behavior<UnhandledMessage> onUnhandled() {
        return Behaviors.receiveMessage(message -> {
            add(kind(message.message()), message.recipient().path().toStringWithoutAddress(), true);
            return Behaviors.same();
        });
    }

    private static String kind(Object message) {
        return message.getClass().getName();
    }

    private synchronized void add(String message, String to, boolean wasUnhandled) {
        if (wasUnhandled) {
            unhandled++;
        } else {
            deadLetters++;
        }
        latest.addFirst(new Lost(clock.instant(), message, to, wasUnhandled));
        if (latest.size() > KEPT) {
            latest.removeLast();
        }
    }

    public synchronized long deadLetters() {
        return deadLetters;
    }

    public synchronized long unhandled() {
        return unhandled;
    }

    /** The latest lost messages, the newest first. */
    public synchronized List<Lost> latest() {
        return new ArrayList<>(latest);
    }
}
