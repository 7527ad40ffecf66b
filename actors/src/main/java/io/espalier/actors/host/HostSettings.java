package io.espalier.actors.host;

import com.typesafe.config.Config;
import io.espalier.actors.settings.ConfigSection;
import io.espalier.gpu.Refused;
import java.time.Duration;
import java.util.Set;

/**
 * The settings by which a rank speaks with its coordinator ({@code espalier.host}).
 *
 * @param hello how often it says that it lives
 */
public record HostSettings(Duration hello) {
    private static final Set<String> KEYS = Set.of("hello");

    /** Reads {@code espalier.host}; unknown keys are refused. */
    public static HostSettings of(Config root) {
        Config config = ConfigSection.of(root, "espalier-ranks.conf", "espalier.host", KEYS);
        return new HostSettings(config.getDuration("hello"));
    }

    public HostSettings {
        if (hello.isNegative() || hello.isZero()) {
            throw new Refused(Refused.Reason.BAD_CONFIGURATION, "espalier.host.hello " + hello + ": must be above 0");
        }
    }
}
