package io.espalier.actors.rank;

import com.typesafe.config.Config;
import io.espalier.actors.settings.ConfigSection;
import io.espalier.gpu.Refused;
import java.time.Duration;
import java.util.Set;

/**
 * The settings by which ranks are supervised ({@code espalier.ranks}).
 *
 * @param answerTimeout longest that a request may take, waiting for its turn included
 * @param minBackoff first pause before a restart
 * @param maxBackoff longest pause
 * @param maxRestarts restarts before a rank is given up
 * @param maxAttempts times that a teacher is asked about one batch
 * @param prefetch signals that may wait for the student
 * @param maxWaiting requests to one rank that may be unanswered; further ones fail
 * @param watchdog longest that one call of a rank's thread may take, and longest that loading may show no progress
 */
public record RankSettings(
        Duration answerTimeout,
        Duration minBackoff,
        Duration maxBackoff,
        int maxRestarts,
        int maxAttempts,
        int prefetch,
        int maxWaiting,
        Duration watchdog) {
    /** Share of the back-off that is random, so that ranks do not return in step. */
    static final double BACKOFF_JITTER = 0.2;

    private static final Set<String> KEYS = Set.of(
            "answer-timeout",
            "min-backoff",
            "max-backoff",
            "max-restarts",
            "max-attempts",
            "teacher-prefetch",
            "max-waiting",
            "watchdog");

    /** Reads {@code espalier.ranks}; unknown keys are refused. */
    public static RankSettings of(Config root) {
        Config config = ConfigSection.of(root, "espalier-ranks.conf", "espalier.ranks", KEYS);
        return new RankSettings(
                config.getDuration("answer-timeout"),
                config.getDuration("min-backoff"),
                config.getDuration("max-backoff"),
                config.getInt("max-restarts"),
                config.getInt("max-attempts"),
                config.getInt("teacher-prefetch"),
                config.getInt("max-waiting"),
                config.getDuration("watchdog"));
    }

    public RankSettings {
        if (maxRestarts < 0 || maxAttempts < 1 || prefetch < 1 || maxWaiting < 1) {
            throw new Refused(
                    Refused.Reason.BAD_CONFIGURATION,
                    "espalier.ranks: max-restarts " + maxRestarts + ", max-attempts " + maxAttempts
                            + ", teacher-prefetch " + prefetch + ", max-waiting " + maxWaiting
                            + ": must be at least 0, 1, 1 and 1");
        }
        if (!watchdog.isPositive()) {
            throw new Refused(
                    Refused.Reason.BAD_CONFIGURATION, "espalier.ranks: watchdog " + watchdog + ": must be above 0");
        }
    }
}
