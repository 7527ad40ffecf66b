package io.espalier.actors.continual;

import com.typesafe.config.Config;
import io.espalier.actors.settings.ConfigSection;
import io.espalier.gpu.Refused;
import java.util.Set;

/**
 * The rules by which a student is published, and by which the run goes back from it.
 *
 * @param every checkpoints between two candidates
 * @param confidence of the intervals, above 0.5 and below 1
 * @param resamples of a bootstrap
 * @param maxRegression by which a domain's KL may be worse, as a share of the published model's
 * @param tolerance by which it may be worse whatever that is, nats per token
 * @param requiredImprovement by which the KL of all must be better, likewise
 * @param keep published versions that stay besides the current one
 * @param collapseFactor of the published model's KL, above which the student has collapsed
 * @param collapseAbove nats per token that a collapsed student's KL is above, whatever that is
 * @param minEntropyRatio of the student's entropy to its teacher's, below which it has
 * @param maxRollbacks one after another before the run gives up
 */
public record GateSettings(
        int every,
        double confidence,
        int resamples,
        double maxRegression,
        double tolerance,
        double requiredImprovement,
        int keep,
        double collapseFactor,
        double collapseAbove,
        double minEntropyRatio,
        int maxRollbacks) {
    private static final String PATH = "live.gates";
    private static final Set<String> KEYS = Set.of(
            "every",
            "confidence",
            "resamples",
            "max-regression",
            "tolerance",
            "required-improvement",
            "keep",
            "collapse-factor",
            "collapse-above",
            "min-entropy-ratio",
            "max-rollbacks");

    /** @param config complete */
    static GateSettings of(Config config) {
        ConfigSection.requireKnown(config, PATH, KEYS);
        return new GateSettings(
                config.getInt("every"),
                config.getDouble("confidence"),
                config.getInt("resamples"),
                config.getDouble("max-regression"),
                config.getDouble("tolerance"),
                config.getDouble("required-improvement"),
                config.getInt("keep"),
                config.getDouble("collapse-factor"),
                config.getDouble("collapse-above"),
                config.getDouble("min-entropy-ratio"),
                config.getInt("max-rollbacks"));
    }

    public GateSettings {
        require(every >= 1, "every", every, "must be at least 1");
        require(confidence > 0.5 && confidence < 1, "confidence", confidence, "must be above 0.5 and below 1");
        require(resamples >= 100, "resamples", resamples, "must be at least 100");
        require(maxRegression >= 0, "max-regression", maxRegression, "must not be negative");
        require(tolerance >= 0, "tolerance", tolerance, "must not be negative");
        require(
                requiredImprovement >= 0 && requiredImprovement < 1,
                "required-improvement",
                requiredImprovement,
                "must be at least 0 and below 1");
        require(keep >= 0, "keep", keep, "must not be negative");
        require(collapseFactor > 1, "collapse-factor", collapseFactor, "must be above 1");
        require(collapseAbove >= 0, "collapse-above", collapseAbove, "must not be negative");
        require(
                minEntropyRatio >= 0 && minEntropyRatio < 1,
                "min-entropy-ratio",
                minEntropyRatio,
                "must be at least 0 and below 1");
        require(maxRollbacks >= 1, "max-rollbacks", maxRollbacks, "must be at least 1");
    }

    /** The difference by which a KL may be worse than the published one's, nats. */
    double allowance(double publishedKl) {
        return Math.max(tolerance, maxRegression * publishedKl);
    }

    /**
     * The KL above which a student has collapsed, nats. A factor alone is not enough: many times the KL of a reference
     * near its teacher is still little.
     */
    double collapseKl(double referenceKl) {
        return Math.max(collapseAbove, collapseFactor * referenceKl);
    }

    private static void require(boolean holds, String key, Object value, String rule) {
        if (!holds) {
            throw new Refused(Refused.Reason.BAD_CONFIGURATION, PATH + "." + key + " is " + value + ": " + rule);
        }
    }
}
