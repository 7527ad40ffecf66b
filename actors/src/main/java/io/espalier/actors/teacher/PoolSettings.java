package io.espalier.actors.teacher;

import com.typesafe.config.Config;
import io.espalier.actors.settings.ConfigSection;
import io.espalier.gpu.Refused;
import java.time.Duration;
import java.util.Set;

/**
 * The settings by which a student asks its teachers ({@code espalier.teachers}).
 *
 * @param window batches that one teacher is asked about at once
 * @param deadline after which an answer has not come, and the batch is asked again
 * @param attachTimeout for opening a link through one stage
 * @param minBackoff first pause before a link is opened again
 * @param maxBackoff longest
 * @param hedgeFactor times what an answer usually takes, after which a free teacher is asked about the batch that the
 *     student waits for as well
 * @param hedgeAfter and at least this long
 * @param tick how often clocks are looked at
 * @param maxFailures times that teachers may fail at the same batch before the run fails
 */
public record PoolSettings(
        int window,
        Duration deadline,
        Duration attachTimeout,
        Duration minBackoff,
        Duration maxBackoff,
        double hedgeFactor,
        Duration hedgeAfter,
        Duration tick,
        int maxFailures) {
    private static final Set<String> KEYS = Set.of(
            "window",
            "answer-deadline",
            "attach-timeout",
            "min-backoff",
            "max-backoff",
            "hedge-factor",
            "hedge-after",
            "tick",
            "max-failures");

    /** Reads {@code espalier.teachers}; unknown keys are refused. */
    public static PoolSettings of(Config root) {
        Config config = ConfigSection.of(root, "espalier-ranks.conf", "espalier.teachers", KEYS);
        return new PoolSettings(
                config.getInt("window"),
                config.getDuration("answer-deadline"),
                config.getDuration("attach-timeout"),
                config.getDuration("min-backoff"),
                config.getDuration("max-backoff"),
                config.getDouble("hedge-factor"),
                config.getDuration("hedge-after"),
                config.getDuration("tick"),
                config.getInt("max-failures"));
    }

    public PoolSettings {
        if (window < 1 || maxFailures < 1 || !(hedgeFactor >= 1)) {
            throw new Refused(
                    Refused.Reason.BAD_CONFIGURATION,
                    "espalier.teachers: window " + window + ", max-failures " + maxFailures + ", hedge-factor "
                            + hedgeFactor + ": must be at least 1");
        }
    }

    Duration backoff(int failures) {
        long millis = minBackoff.toMillis() << Math.min(failures, 16);
        return Duration.ofMillis(Math.min(millis, maxBackoff.toMillis()));
    }
}
