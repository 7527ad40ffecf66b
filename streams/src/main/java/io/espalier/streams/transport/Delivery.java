package io.espalier.streams.transport;

import java.time.Duration;

/** The outcome of one frame at its sender. */
public sealed interface Delivery {
    FrameHeader header();

    /** All of it is with Aeron. Its receiver alone can say that it has arrived. */
    record Offered(FrameHeader header, long bytes) implements Delivery {}

    /**
     * It could not be handed over in time; what had been is dropped by the receiver.
     *
     * @param reason what Aeron said last
     * @param waited since the frame was taken in work
     */
    record GaveUp(FrameHeader header, OfferOutcome reason, Duration waited) implements Delivery {}
}
