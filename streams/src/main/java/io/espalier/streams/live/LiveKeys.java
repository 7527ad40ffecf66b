package io.espalier.streams.live;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import io.espalier.gpu.Refused;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;

/** The rules for reading a recipe's live section: a key that it must not have is refused by name. */
final class LiveKeys {
    private LiveKeys() {}

    static Refused bad(String key, Object value, String rule) {
        return new Refused(Refused.Reason.BAD_CONFIGURATION, "live." + key + " is " + value + ": " + rule);
    }

    /** Refuses a section that has other keys than these. */
    static void requireKnown(Config section, String path, Set<String> keys) {
        Set<String> unknown = new TreeSet<>(section.root().keySet());
        unknown.removeAll(keys);
        if (!unknown.isEmpty()) {
            throw bad(path, unknown, "unknown keys: known are " + new TreeSet<>(keys));
        }
    }

    /** Returns the value that was read, or a refusal where it is of another type or absent. */
    static <T> T read(Supplier<T> read) {
        try {
            return read.get();
        } catch (ConfigException e) {
            throw new Refused(Refused.Reason.BAD_CONFIGURATION, "live: " + e.getMessage(), e);
        }
    }

    static int atLeast(int least, Config section, String path, String key) {
        int value = section.getInt(key);
        if (value < least) {
            throw bad(path + "." + key, value, "must be at least " + least);
        }
        return value;
    }
}
