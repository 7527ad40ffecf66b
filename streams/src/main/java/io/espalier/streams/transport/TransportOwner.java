package io.espalier.streams.transport;

import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The transport of one process: opened when it is first asked for, so that a process with nothing to send has none, and
 * opened anew when it is asked for after it was lost. The counts go on. Closing it ends the transport for good.
 */
public final class TransportOwner implements Supplier<Transport>, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TransportOwner.class);

    private final TransportSettings settings;
    private final Counts counts = new Counts();
    private TransportCounters.Driver earlier = TransportCounters.Driver.NOTHING;
    /** Null while there is none. */
    private Transport current;

    private boolean closed;

    /** Makes an owner that has opened nothing yet. */
    public TransportOwner(TransportSettings settings) {
        this.settings = settings;
    }

    /**
     * The transport.
     *
     * @throws io.espalier.gpu.Refused where none can be opened, or none any more
     */
    @Override
    public synchronized Transport get() {
        if (closed) {
            throw new TransportLost("transport: closed", null);
        }
        if (current != null && !current.isReachable()) {
            LOG.warn("the directory {} of the media driver is gone: another one is started", current.directory());
            forget();
        }
        if (current == null) {
            Lost lost = new Lost();
            current = Transport.open(settings, counts, lost);
            lost.told(current);
        }
        return current;
    }

    /** Ends a transport that is lost. The loss may be told before the transport is known. */
    private final class Lost implements Consumer<Throwable> {
        private Transport transport;
        private Throwable cause;

        @Override
        public synchronized void accept(Throwable lost) {
            cause = lost;
            bury();
        }

        private synchronized void told(Transport opened) {
            transport = opened;
            bury();
        }

        /** The thread that tells is the transport's own, whose end must be waited for. */
        private void bury() {
            if (transport != null && cause != null) {
                Thread.ofPlatform().daemon().name("espalier-transport-end").start(() -> end(transport, cause));
            }
        }
    }

    private synchronized void end(Transport transport, Throwable cause) {
        if (current == transport) {
            LOG.warn("the transport of this process is lost, and opened anew when it is needed: {}", cause.toString());
            forget();
        }
    }

    private void forget() {
        Transport gone = current;
        current = null;
        earlier = earlier.plus(gone.counters().driver());
        gone.close();
    }

    /** The counts of this transport and of those that were lost; empty while there is none. Any thread may ask. */
    public synchronized Optional<TransportCounters> counters() {
        return Optional.ofNullable(current)
                .map(transport -> transport.counters().after(earlier));
    }

    @Override
    public synchronized void close() {
        closed = true;
        if (current != null) {
            forget();
        }
    }
}
