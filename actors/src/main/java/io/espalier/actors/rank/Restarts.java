package io.espalier.actors.rank;

import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;

/** How the starts of a rank follow one another: with growing pauses, anew after a healthy time, up to a limit. */
final class Restarts {
    private final RankProcessSettings settings;
    private final LongSupplier nanoClock;
    private long startedNanos;
    /** Since the last healthy time. */
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

    /** What was before counts no more. */
    void forget() {
        failures = 0;
    }

    /** In a row. */
    int failures() {
        return failures;
    }
}
