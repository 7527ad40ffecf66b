package io.espalier.streams.transport;

import io.aeron.Publication;

/** The answers of Aeron to an offered message. */
public enum OfferOutcome {
    ACCEPTED,
    /** There is no receiver, or not yet. */
    NOT_CONNECTED,
    /** The receiver does not take more for now. */
    BACK_PRESSURED,
    /** A term has been used up: the next try goes into the next one. */
    ADMIN_ACTION,
    /** The publication is gone, and with it the transport. */
    CLOSED,
    /** The stream has reached its last position. */
    MAX_POSITION_EXCEEDED;

    static OfferOutcome of(long position) {
        if (position >= 0) {
            return ACCEPTED;
        }
        if (position == Publication.NOT_CONNECTED) {
            return NOT_CONNECTED;
        }
        if (position == Publication.BACK_PRESSURED) {
            return BACK_PRESSURED;
        }
        if (position == Publication.ADMIN_ACTION) {
            return ADMIN_ACTION;
        }
        if (position == Publication.CLOSED) {
            return CLOSED;
        }
        if (position == Publication.MAX_POSITION_EXCEEDED) {
            return MAX_POSITION_EXCEEDED;
        }
        throw new IllegalStateException("offer: " + position + " is no result of Aeron");
    }
}
