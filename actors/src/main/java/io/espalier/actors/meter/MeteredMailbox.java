package io.espalier.actors.meter;

import com.typesafe.config.Config;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.dispatch.Envelope;
import org.apache.pekko.dispatch.MailboxType;
import org.apache.pekko.dispatch.MessageQueue;
import org.apache.pekko.dispatch.ProducesMessageQueue;
import org.apache.pekko.dispatch.UnboundedMessageQueueSemantics;
import scala.Option;

/** The default mailbox, which knows besides how much lies in it and how long that has waited. Made by the actor system. */
public final class MeteredMailbox implements MailboxType, ProducesMessageQueue<MeteredMailbox.Counted> {
    /** The constructor that the actor system calls, with its own settings. */
    public MeteredMailbox(ActorSystem.Settings settings, Config config) {}

    @Override
    public MessageQueue create(Option<ActorRef> owner, Option<ActorSystem> system) {
        ActorMeters meters = ActorMeters.get(Adapter.toTyped(system.get()));
        return new Counted(meters.of(owner.get().path().toStringWithoutAddress()), meters.nanoTime());
    }

    /** The queue itself. */
    static final class Counted implements MessageQueue, UnboundedMessageQueueSemantics {
        private record Waiting(Envelope envelope, long sinceNanos) {}

        private final Queue<Waiting> queue = new ConcurrentLinkedQueue<>();
        private final ActorMeter meter;
        private final LongSupplier nanoTime;

        Counted(ActorMeter meter, LongSupplier nanoTime) {
            this.meter = meter;
            this.nanoTime = nanoTime;
        }

        @Override
        public void enqueue(ActorRef receiver, Envelope envelope) {
            meter.enqueued();
            queue.offer(new Waiting(envelope, nanoTime.getAsLong()));
        }

        @Override
        public Envelope dequeue() {
            Waiting next = queue.poll();
            if (next == null) {
                return null;
            }
            meter.dequeued(nanoTime.getAsLong() - next.sinceNanos);
            return next.envelope;
        }

        @Override
        public int numberOfMessages() {
            return queue.size();
        }

        @Override
        public boolean hasMessages() {
            return !queue.isEmpty();
        }

        @Override
        public void cleanUp(ActorRef owner, MessageQueue deadLetters) {
            for (Waiting left = queue.poll(); left != null; left = queue.poll()) {
                deadLetters.enqueue(owner, left.envelope);
            }
            meter.mailboxClosed();
        }
    }
}
