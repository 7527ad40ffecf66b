package io.espalier.actors.continual;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import io.espalier.actors.settings.ConfigSection;
import io.espalier.gpu.Refused;
import io.espalier.streams.drift.Adwin;
import io.espalier.streams.drift.DriftDetector;
import io.espalier.streams.drift.PageHinkley;
import java.util.Set;
import java.util.function.Supplier;

/**
 * The settings by which a change of the stream is recognised.
 *
 * @param detector makes one
 * @param together steps within which a change of the teacher's loss and one of the student's KL are one
 */
public record DriftSettings(Supplier<DriftDetector> detector, int together) {
    private static final String PATH = "live.drift";
    private static final Set<String> KEYS = Set.of("detector", "adwin", "page-hinkley", "together");

    /** @param config complete */
    static DriftSettings of(Config config) {
        ConfigSection.requireKnown(config, PATH, KEYS);
        Config adwin = config.getConfig("adwin");
        Config pageHinkley = config.getConfig("page-hinkley");
        ConfigSection.requireKnown(adwin, PATH + ".adwin", Set.of("delta", "range"));
        ConfigSection.requireKnown(pageHinkley, PATH + ".page-hinkley", Set.of("allowance", "threshold", "minimum"));
        String name = config.getString("detector");
        Supplier<DriftDetector> detector = switch (name) {
            case "adwin" -> () -> new Adwin(adwin.getDouble("delta"), adwin.getDouble("range"));
            case "page-hinkley" ->
                () -> new PageHinkley(
                        pageHinkley.getDouble("allowance"),
                        pageHinkley.getDouble("threshold"),
                        pageHinkley.getLong("minimum"));
            default ->
                throw new Refused(
                        Refused.Reason.BAD_CONFIGURATION,
                        PATH + ".detector is " + name + ": must be adwin or page-hinkley");
        };
        DriftSettings settings = new DriftSettings(detector, config.getInt("together"));
        settings.tryOut();
        return settings;
    }

    /** A bad number is refused now, not when the run begins. */
    private void tryOut() {
        try {
            DriftDetector _ = detector.get();
        } catch (IllegalArgumentException | ConfigException e) {
            throw new Refused(Refused.Reason.BAD_CONFIGURATION, PATH + ": " + e.getMessage(), e);
        }
        if (together < 0) {
            throw new Refused(
                    Refused.Reason.BAD_CONFIGURATION, PATH + ".together is " + together + ": must not be negative");
        }
    }
}
