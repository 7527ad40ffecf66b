package io.espalier.actors.health;

import com.typesafe.config.Config;
import io.espalier.actors.settings.ConfigSection;
import io.espalier.gpu.Refused;
import java.time.Duration;
import java.util.Set;

/**
 * The bounds on what is kept, and the times after which something is late ({@code espalier.health}).
 *
 * @param refresh between two looks at everything
 * @param staleAfter what has not changed for this long is shown as stale
 * @param seriesPoints that are kept of each curve, twice
 * @param seriesMost curves of one job
 * @param eventsKept in memory
 * @param timelineBytes of one of the timeline's two files
 * @param listingMost entries of any listing
 * @param diskFree share of the disk that should be free
 */
record HealthSettings(
        Duration refresh,
        Duration staleAfter,
        int seriesPoints,
        int seriesMost,
        int eventsKept,
        long timelineBytes,
        int listingMost,
        double diskFree,
        Overdue step,
        Overdue checkpoint) {
    private static final String PATH = "espalier.health";
    private static final Set<String> KEYS = Set.of(
            "refresh",
            "stale-after",
            "series-points",
            "series-most",
            "events-kept",
            "timeline-mib",
            "listing-most",
            "disk-free-ratio",
            "step-overdue-factor",
            "step-overdue-least",
            "checkpoint-overdue-factor",
            "checkpoint-overdue-least");

    /** Late is what takes so many times what it usually does, and at least so long. */
    record Overdue(double factor, Duration least) {
        boolean is(double seconds, double usualSeconds) {
            return seconds > Math.max(factor * usualSeconds, least.toMillis() / 1e3);
        }
    }

    static HealthSettings of(Config root) {
        Config section = ConfigSection.of(root, "espalier-health.conf", PATH, KEYS);
        return new HealthSettings(
                section.getDuration("refresh"),
                section.getDuration("stale-after"),
                number(section, "series-points", 16),
                number(section, "series-most", 1),
                number(section, "events-kept", 16),
                (long) number(section, "timeline-mib", 1) << 20,
                number(section, "listing-most", 1),
                section.getDouble("disk-free-ratio"),
                new Overdue(section.getDouble("step-overdue-factor"), section.getDuration("step-overdue-least")),
                new Overdue(
                        section.getDouble("checkpoint-overdue-factor"),
                        section.getDuration("checkpoint-overdue-least")));
    }

    private static int number(Config section, String key, int least) {
        int value = section.getInt(key);
        if (value < least) {
            throw new Refused(
                    Refused.Reason.BAD_CONFIGURATION,
                    PATH + "." + key + " is [" + value + "]: must be at least " + least);
        }
        return value;
    }
}
