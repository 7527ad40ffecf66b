package io.espalier.actors.job;

import com.typesafe.config.Config;
import io.espalier.actors.settings.ConfigSection;
import io.espalier.gpu.Refused;
import java.time.Duration;
import java.util.Set;

/**
 * The times that a student allows for its coordinator's answers.
 *
 * @param answerTimeout of one question; then it is asked again
 * @param patience after which the student gives up
 */
public record CommitSettings(Duration answerTimeout, Duration patience) {
    private static final Set<String> KEYS = Set.of("answer-timeout", "patience");

    /** Reads {@code espalier.commit}; unknown keys are refused. */
    public static CommitSettings of(Config root) {
        Config config = ConfigSection.of(root, "espalier-coordinator.conf", "espalier.commit", KEYS);
        return new CommitSettings(config.getDuration("answer-timeout"), config.getDuration("patience"));
    }

    public CommitSettings {
        if (answerTimeout.isNegative() || answerTimeout.isZero() || patience.compareTo(answerTimeout) < 0) {
            throw new Refused(
                    Refused.Reason.BAD_CONFIGURATION,
                    "espalier.commit: answer-timeout " + answerTimeout + ", patience " + patience
                            + ": must be above 0, and no shorter than answer-timeout");
        }
    }
}
