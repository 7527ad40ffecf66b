package io.espalier.actors.node;

import java.security.SecureRandom;
import java.time.Clock;
import java.util.function.LongSupplier;

/** Numbers of processes: never the same twice, whoever gives them, and later ones larger where clocks agree. */
final class Incarnations implements LongSupplier {
    private static final int RANDOM_BITS = 20;

    private final SecureRandom random = new SecureRandom();
    private final Clock clock;

    Incarnations(Clock clock) {
        this.clock = clock;
    }

    @Override
    public long getAsLong() {
        return clock.millis() << RANDOM_BITS | random.nextInt(1 << RANDOM_BITS);
    }
}
