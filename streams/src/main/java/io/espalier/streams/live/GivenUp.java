package io.espalier.streams.live;

import io.espalier.gpu.Refused;

/** A source that must not go on: another try would do no better, or its settings say so. Its cause tells why. */
final class GivenUp extends RuntimeException {
    private static final long serialVersionUID = 1;

    GivenUp(Refused why) {
        super(why.getMessage(), why);
    }
}
