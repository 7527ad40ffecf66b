package io.espalier.actors.rank;

import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;

/** The starts of a rank, one after another: with growing pauses, anew after a healthy time, up to a limit. */
final class Restarts {
    private final RankProcessSettings settings;
    private final LongSupplier nanoClock;
    private long startedNanos;
    /** The number of failures since the last healthy time. */
    private int failures;

    /** @param nanoClock monotonic */
    Restarts(RankProcessSettings settings, LongSupplier nanoClock) {
        this.settings = settings;
        this.nanoClock = nanoClock;
    }

    void started() {
        startedNanos = nanoClock.getAsLong();
    }

    /** Takes in a failure; gives the pause before the next start, or nothing where it was one too many. */
    Optional<Duration> failed() {
        boolean healthy =
                nanoClock.getAsLong() - startedNanos >= settings.healthyAfter().toNanos();
        failures = healthy ? 1 : failures + 1;
        return failures > settings.maxRestarts() ? Optional.empty() : Optional.of(settings.backoff(failures));
    }

    /** Forgets all failures so far. */
    void forget() {
        failures = 0;
    }

    /** The number of failures in a row. */
    int failures() {
        return failures;
    }
}
