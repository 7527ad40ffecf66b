package io.espalier.streams.transport;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.SourceShape;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.stream.stage.AsyncCallback;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.stream.stage.OutHandler;

/**
 * Frames that come to an endpoint, whole, checked and in the order of each sender. It holds at most the window's
 * frames; when those are not pulled its senders wait. It ends when it is cancelled, for a sender may come again, and
 * fails with {@link TransportLost} if the transport ends. The stage that takes a frame closes it, also where the stream
 * drops it on its way.
 */
public final class ActivationSource extends GraphStage<SourceShape<Frame>> {
    private final Transport transport;
    private final Endpoint endpoint;
    private final Expected expected;
    private final Optional<FrameKey> key;
    private final Outlet<Frame> out = Outlet.create("ActivationSource.out");
    private final SourceShape<Frame> shape = SourceShape.of(out);

    private ActivationSource(Transport transport, Endpoint endpoint, Expected expected, Optional<FrameKey> key) {
        this.transport = transport;
        this.endpoint = endpoint;
        this.expected = expected;
        this.key = key;
    }

    /**
     * A source; to be run once for each endpoint.
     *
     * @param endpoint of this process
     * @param expected frames; others are dropped and counted
     * @param key frames are sealed with; may be empty on one host only
     * @throws io.espalier.gpu.Refused where the endpoint is open to other hosts and there is no key
     */
    public static Source<Frame, NotUsed> at(
            Transport transport, Endpoint endpoint, Expected expected, Optional<FrameKey> key) {
        endpoint.requireSealed(key);
        return Source.fromGraph(new ActivationSource(transport, endpoint, expected, key));
    }

    @Override
    public SourceShape<Frame> shape() {
        return shape;
    }

    @Override
    public GraphStageLogic createLogic(Attributes attributes) {
        return new Logic();
    }

    private final class Logic extends GraphStageLogic implements OutHandler {
        private final AtomicBoolean told = new AtomicBoolean();
        private Window window;
        private Inbound inbound;

        Logic() {
            super(shape);
            setHandler(out, this);
        }

        @Override
        public void preStart() {
            AsyncCallback<Done> arrived = createAsyncCallback(_ -> onArrived());
            AsyncCallback<Throwable> failed = createAsyncCallback(this::failStage);
            window = transport.window();
            inbound = transport.inbound(endpoint, expected, key, window, () -> tell(arrived), failed::invoke);
            transport.start(inbound);
        }

        /** Wakes the stage once for all frames that it has not looked at yet. */
        private void tell(AsyncCallback<Done> arrived) {
            if (told.compareAndSet(false, true)) {
                arrived.invoke(Done.getInstance());
            }
        }

        private void onArrived() {
            told.set(false);
            if (isAvailable(out)) {
                pushNext();
            }
        }

        @Override
        public void onPull() {
            pushNext();
        }

        private void pushNext() {
            Frame frame = window.next();
            if (frame != null) {
                push(out, frame);
            }
        }

        @Override
        public void postStop() {
            if (inbound != null) {
                // The transport's thread drops what is left; if it is gone, it has done so before.
                inbound.stop();
            }
        }
    }
}
