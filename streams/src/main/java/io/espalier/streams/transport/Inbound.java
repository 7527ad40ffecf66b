package io.espalier.streams.transport;

import io.aeron.Aeron;
import io.aeron.Image;
import io.aeron.Subscription;
import io.aeron.logbuffer.ControlledFragmentHandler;
import io.aeron.logbuffer.FrameDescriptor;
import io.aeron.logbuffer.Header;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.agrona.DirectBuffer;
import org.agrona.collections.Int2ObjectHashMap;

/**
 * Receives one link: each sender's session is assembled by itself into a common {@link Window}. Aeron is polled only
 * while a frame may begin or one goes on, so that its flow control stops the sender when the stage does not pull.
 * Belongs to the transport's thread.
 */
final class Inbound implements Duty {
    private static final int MESSAGES_PER_TURN = 64;

    /** Makes the assembler of a new session. */
    interface Sessions {
        Assembler open();
    }

    private static final class Session {
        private final Assembler assembler;
        private long lastHeard;

        Session(Assembler assembler) {
            this.assembler = assembler;
        }
    }

    private final Aeron aeron;
    private final Window window;
    private final Sessions factory;
    private final int maxSessions;
    private final long stalledAfterNanos;
    private final BooleanSupplier cut;
    private final Runnable arrived;
    private final Consumer<Throwable> failed;
    private final Int2ObjectHashMap<Session> sessions = new Int2ObjectHashMap<>();
    private final ControlledFragmentHandler handler = this::onMessage;
    private volatile boolean stopped;
    private long registration;
    private Subscription subscription;
    private long now;

    /**
     * A receiver; {@link #open} starts it.
     *
     * @param stalledAfter silence after which a frame that has begun is dropped
     * @param cut whether a test has cut the process off
     * @param arrived told, by the transport's thread, that the window holds whole frames
     * @param failed told once, if no more can be received
     */
    Inbound(
            Aeron aeron,
            Window window,
            Sessions factory,
            int maxSessions,
            Duration stalledAfter,
            BooleanSupplier cut,
            Runnable arrived,
            Consumer<Throwable> failed) {
        this.aeron = aeron;
        this.window = window;
        this.factory = factory;
        this.maxSessions = maxSessions;
        this.stalledAfterNanos = stalledAfter.toNanos();
        this.cut = cut;
        this.arrived = arrived;
        this.failed = failed;
    }

    void open(String channel, int streamId) {
        registration = aeron.asyncAddSubscription(channel, streamId, this::onSender, this::onSenderGone);
    }

    void stop() {
        stopped = true;
    }

    @Override
    public boolean isStopped() {
        return stopped;
    }

    /** Images come and go on the transport's thread, which runs Aeron's conductor. */
    private void onSender(Image image) {
        if (sessions.size() < maxSessions) {
            sessions.put(image.sessionId(), new Session(factory.open()));
        }
    }

    private void onSenderGone(Image image) {
        Session session = sessions.remove(image.sessionId());
        if (session != null) {
            session.assembler.abandon();
        }
    }

    @Override
    public int work(long time) {
        now = time;
        if (subscription == null) {
            subscription = aeron.getSubscription(registration);
        }
        if (subscription == null || cut.getAsBoolean()) {
            return 0;
        }
        boolean assembling = dropStalled();
        if (!assembling && !window.isOpen()) {
            return 0;
        }
        return subscription.controlledPoll(handler, MESSAGES_PER_TURN);
    }

    /** A sender that was stopped midway must not hold a place in the window for ever. */
    private boolean dropStalled() {
        boolean assembling = false;
        for (Session session : sessions.values()) {
            if (session.assembler.isAssembling() && now - session.lastHeard > stalledAfterNanos) {
                session.assembler.abandon();
            }
            assembling |= session.assembler.isAssembling();
        }
        return assembling;
    }

    private ControlledFragmentHandler.Action onMessage(DirectBuffer buffer, int offset, int length, Header header) {
        Session session = sessions.get(header.sessionId());
        if (session == null) {
            window.drop(DropReason.FOREIGN);
            return ControlledFragmentHandler.Action.CONTINUE;
        }
        session.lastHeard = now;
        if ((header.flags() & FrameDescriptor.UNFRAGMENTED) != FrameDescriptor.UNFRAGMENTED) {
            window.drop(DropReason.MALFORMED);
            return ControlledFragmentHandler.Action.CONTINUE;
        }
        if (!session.assembler.take(buffer, offset, length)) {
            return ControlledFragmentHandler.Action.ABORT;
        }
        if (!session.assembler.isAssembling() && window.hasWhole()) {
            arrived.run();
        }
        // The sender sees at once that there is room again, not at the end of the turn.
        return ControlledFragmentHandler.Action.COMMIT;
    }

    @Override
    public void end(Throwable cause) {
        sessions.values().forEach(session -> session.assembler.abandon());
        sessions.clear();
        window.clear();
        if (subscription != null) {
            subscription.close();
        } else if (!aeron.isClosed()) {
            aeron.asyncRemoveSubscription(registration);
        }
        if (cause != null) {
            failed.accept(cause);
        }
    }
}
