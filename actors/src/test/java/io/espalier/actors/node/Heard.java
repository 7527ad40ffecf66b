package io.espalier.actors.node;

import io.espalier.actors.protocol.CoordinatorProtocol;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/** The messages that a coordinator was told, with their times. */
final class Heard {
    /** A message and when it came, {@code System.nanoTime}. */
    record Message(CoordinatorProtocol.Command command, long nanos) {}

    private static final Duration PATIENCE = Duration.ofMinutes(4);

    private final LinkedBlockingQueue<Message> queue = new LinkedBlockingQueue<>();

    Behavior<CoordinatorProtocol.Command> coordinator() {
        return Behaviors.receiveMessage(command -> {
            queue.add(new Message(command, System.nanoTime()));
            return Behaviors.same();
        });
    }

    /** A coordinator that prints where it starts, and whom it hears of first. */
    static Behavior<CoordinatorProtocol.Command> printing() {
        return Behaviors.setup(context -> {
            System.out.println("COORDINATOR");
            Deque<String> known = new ArrayDeque<>();
            return Behaviors.receiveMessage(command -> {
                if (command instanceof CoordinatorProtocol.Hello hello && !known.contains(hello.rank())) {
                    known.add(hello.rank());
                    System.out.println("HELLO " + hello.rank());
                }
                return Behaviors.same();
            });
        });
    }

    /** Waits for the next message that fits; forgets those before it. */
    Message await(Predicate<CoordinatorProtocol.Command> fits) throws InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        Message last = null;
        while (System.nanoTime() < deadline) {
            Message message = queue.poll(100, TimeUnit.MILLISECONDS);
            if (message != null && fits.test(message.command)) {
                return message;
            }
            last = message == null ? last : message;
        }
        throw new AssertionError("not heard in " + PATIENCE + "; last was " + last);
    }

    /** Forgets all that was heard. */
    void clear() {
        queue.clear();
    }
}
