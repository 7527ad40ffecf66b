package io.espalier.streams.transport;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.apache.pekko.Done;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.Inlet;
import org.apache.pekko.stream.SinkShape;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.stage.AbstractGraphStageWithMaterializedValue;
import org.apache.pekko.stream.stage.AsyncCallback;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.stream.stage.InHandler;

/**
 * Sends frames to an endpoint, one at a time: the next is asked for when all of this one but {@code send-ahead} bytes is with
 * Aeron, so that the receiver's window is this stage's demand. Every frame is released exactly once, and every frame that the stream's end did
 * not overtake becomes one {@link Delivery}.
 */
public final class ActivationSink
        extends AbstractGraphStageWithMaterializedValue<SinkShape<OutgoingFrame>, CompletionStage<Done>> {
    private final Transport transport;
    private final Endpoint endpoint;
    private final Optional<FrameKey> key;
    private final Consumer<Delivery> deliveries;
    private final Inlet<OutgoingFrame> in = Inlet.create("ActivationSink.in");
    private final SinkShape<OutgoingFrame> shape = SinkShape.of(in);

    private ActivationSink(
            Transport transport, Endpoint endpoint, Optional<FrameKey> key, Consumer<Delivery> deliveries) {
        this.transport = transport;
        this.endpoint = endpoint;
        this.key = key;
        this.deliveries = deliveries;
    }

    /**
     * A sink; it completes when its last frame is with Aeron, and fails with {@link TransportLost} if the transport ends first.
     *
     * @param key frames are sealed with; may be empty on one host only
     * @param deliveries told of each frame, in order, within the stream
     * @throws io.espalier.gpu.Refused where the endpoint leads beyond this host and there is no key
     */
    public static Sink<OutgoingFrame, CompletionStage<Done>> to(
            Transport transport, Endpoint endpoint, Optional<FrameKey> key, Consumer<Delivery> deliveries) {
        endpoint.requireSealed(key);
        return Sink.fromGraph(new ActivationSink(transport, endpoint, key, deliveries));
    }

    @Override
    public SinkShape<OutgoingFrame> shape() {
        return shape;
    }

    @Override
    public Pair<GraphStageLogic, CompletionStage<Done>> createLogicAndMaterializedValuePair(Attributes attributes) {
        CompletableFuture<Done> done = new CompletableFuture<>();
        return Pair.create(new Logic(done), done);
    }

    private final class Logic extends GraphStageLogic implements InHandler {
        private final CompletableFuture<Done> done;
        private Outbound outbound;
        private final AtomicBoolean told = new AtomicBoolean();
        private int undelivered;
        private boolean finishing;
        private Throwable failure = new TransportLost("transport: the stream has ended before its last frame", null);

        Logic(CompletableFuture<Done> done) {
            super(shape);
            this.done = done;
            setHandler(in, this);
        }

        @Override
        public void preStart() {
            // Its last frame may still be on its way when upstream has finished.
            setKeepGoing(true);
            AsyncCallback<Delivery> delivered = createAsyncCallback(this::onDelivery);
            AsyncCallback<Throwable> failed = createAsyncCallback(this::fail);
            AsyncCallback<Done> room = createAsyncCallback(_ -> onRoom());
            outbound = transport.outbound(endpoint, key, () -> tell(room), delivered::invoke, failed::invoke);
            transport.start(outbound);
            pull(in);
        }

        private void tell(AsyncCallback<Done> room) {
            if (told.compareAndSet(false, true)) {
                room.invoke(Done.getInstance());
            }
        }

        private void onRoom() {
            told.set(false);
            pullIfRoom();
        }

        private void pullIfRoom() {
            if (outbound.hasRoom() && undelivered < Outbound.MAX_WAITING && !hasBeenPulled(in) && !isClosed(in)) {
                pull(in);
            }
        }

        @Override
        public void onPush() {
            undelivered++;
            outbound.send(grab(in));
            pullIfRoom();
        }

        private void onDelivery(Delivery delivery) {
            undelivered--;
            deliveries.accept(delivery);
            if (finishing && undelivered == 0) {
                complete();
            } else {
                pullIfRoom();
            }
        }

        @Override
        public void onUpstreamFinish() {
            finishing = true;
            if (undelivered == 0) {
                complete();
            }
        }

        private void complete() {
            failure = null;
            completeStage();
        }

        @Override
        public void onUpstreamFailure(Throwable cause) {
            fail(cause);
        }

        private void fail(Throwable cause) {
            failure = cause;
            failStage(cause);
        }

        @Override
        public void postStop() {
            if (outbound != null) {
                outbound.stop();
            }
            if (failure == null) {
                done.complete(Done.getInstance());
            } else {
                done.completeExceptionally(failure);
            }
        }
    }
}
