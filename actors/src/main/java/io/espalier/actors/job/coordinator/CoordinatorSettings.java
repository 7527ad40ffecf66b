package io.espalier.actors.job.coordinator;

import com.typesafe.config.Config;
import io.espalier.actors.settings.ConfigSection;
import io.espalier.gpu.Refused;
import java.time.Duration;
import java.util.Set;

/**
 * The times and bounds by which the coordinator runs jobs ({@code espalier.coordinator}).
 *
 * @param silence after which a rank is gone
 * @param tick how often silence is looked for
 * @param repeat how often hosts are told again what they were told
 * @param maxStudentRestarts student processes that may die one after another without a checkpoint between them
 * @param maxWaiting requests that may wait for the journal
 * @param maxJobs that have not ended
 * @param maxWatchers of one job
 * @param minRest first rest of a job whose student has failed, before another goes on
 * @param maxRest longest rest
 * @param minBackoff first pause before the coordinator starts again after its journal has failed
 * @param maxBackoff longest pause
 */
public record CoordinatorSettings(
        Duration silence,
        Duration tick,
        Duration repeat,
        int maxStudentRestarts,
        int maxWaiting,
        int maxJobs,
        int maxWatchers,
        Duration minRest,
        Duration maxRest,
        Duration minBackoff,
        Duration maxBackoff) {
    /** Share of the back-off that is random. */
    static final double BACKOFF_JITTER = 0.2;

    private static final Set<String> KEYS = Set.of(
            "silence",
            "tick",
            "repeat",
            "max-student-restarts",
            "max-waiting",
            "max-jobs",
            "max-watchers",
            "min-rest",
            "max-rest",
            "min-backoff",
            "max-backoff");

    /** Reads {@code espalier.coordinator}; unknown keys are refused. */
    public static CoordinatorSettings of(Config root) {
        Config config = ConfigSection.of(root, "espalier-coordinator.conf", "espalier.coordinator", KEYS);
        return new CoordinatorSettings(
                config.getDuration("silence"),
                config.getDuration("tick"),
                config.getDuration("repeat"),
                config.getInt("max-student-restarts"),
                config.getInt("max-waiting"),
                config.getInt("max-jobs"),
                config.getInt("max-watchers"),
                config.getDuration("min-rest"),
                config.getDuration("max-rest"),
                config.getDuration("min-backoff"),
                config.getDuration("max-backoff"));
    }

    public CoordinatorSettings {
        if (tick.isZero() || tick.isNegative() || silence.compareTo(tick) < 0 || repeat.compareTo(tick) < 0) {
            throw bad(
                    "tick " + tick + ", silence " + silence + ", repeat " + repeat,
                    "tick must be above 0, and the others no shorter");
        }
        if (maxStudentRestarts < 0 || maxWaiting < 1 || maxJobs < 1 || maxWatchers < 1) {
            throw bad(
                    "max-student-restarts " + maxStudentRestarts + ", max-waiting " + maxWaiting + ", max-jobs "
                            + maxJobs + ", max-watchers " + maxWatchers,
                    "must be at least 0, 1, 1 and 1");
        }
        if (minRest.isZero() || minRest.isNegative() || maxRest.compareTo(minRest) < 0) {
            throw bad("min-rest " + minRest + ", max-rest " + maxRest, "must be above 0 and ascend");
        }
        if (minBackoff.isZero() || minBackoff.isNegative() || maxBackoff.compareTo(minBackoff) < 0) {
            throw bad("min-backoff " + minBackoff + ", max-backoff " + maxBackoff, "must be above 0 and ascend");
        }
    }

    private static Refused bad(String what, String rule) {
        return new Refused(Refused.Reason.BAD_CONFIGURATION, "espalier.coordinator: " + what + ": " + rule);
    }
}
