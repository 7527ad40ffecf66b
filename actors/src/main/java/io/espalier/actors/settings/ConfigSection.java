package io.espalier.actors.settings;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.espalier.gpu.Refused;
import java.util.Set;
import java.util.TreeSet;

/** A section of the configuration, whose defaults stand commented in a resource. */
public final class ConfigSection {
    private ConfigSection() {}

    /**
     * The section of a root over its defaults.
     *
     * @param resource holds the defaults
     * @param path of the section from the root
     * @param keys that it may have
     * @throws Refused where it has others
     */
    public static Config of(Config root, String resource, String path, Set<String> keys) {
        Config section = root.withFallback(ConfigFactory.parseResources(resource))
                .resolve()
                .getConfig(path);
        requireKnown(section, path, keys);
        return section;
    }

    /** Refuses a section that has other keys than these. */
    public static void requireKnown(Config section, String path, Set<String> keys) {
        Set<String> unknown = new TreeSet<>(section.root().keySet());
        unknown.removeAll(keys);
        if (!unknown.isEmpty()) {
            throw new Refused(
                    Refused.Reason.BAD_CONFIGURATION,
                    path + ": unknown keys " + unknown + ": known are " + new TreeSet<>(keys));
        }
    }
}
