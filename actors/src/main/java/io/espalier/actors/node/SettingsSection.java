package io.espalier.actors.node;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigValue;
import io.espalier.gpu.Refused;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/** One section of a configuration, read key by key; what is wrong is said with its file and line, key, value and rule. */
final class SettingsSection {
    private final Config config;
    private final String path;
    private final Set<String> read = new TreeSet<>();

    /**
     * Takes a section as it is.
     *
     * @param path of the section from the root
     */
    SettingsSection(Config section, String path) {
        this.config = section;
        this.path = path;
    }

    SettingsSection section(String key) {
        return new SettingsSection(get(key, config::getConfig, "must be a section { }"), path + "." + key);
    }

    String text(String key) {
        return get(key, config::getString, "must be a text");
    }

    List<String> texts(String key) {
        return get(key, config::getStringList, "must be a list of texts");
    }

    int number(String key, int least, int most) {
        String rule = "must be a whole number from " + least + " to " + most;
        int value = get(key, config::getInt, rule);
        if (value < least || value > most) {
            throw refuse(key, value, rule);
        }
        return value;
    }

    Duration duration(String key) {
        String rule = "must be a duration above 0, with its unit";
        Duration value = get(key, config::getDuration, rule);
        if (!value.isPositive()) {
            throw refuse(key, value, rule);
        }
        return value;
    }

    <E extends Enum<E>> E choice(String key, Class<E> type) {
        return constant(key, text(key), type);
    }

    <E extends Enum<E>> Set<E> choices(String key, Class<E> type) {
        List<E> found = new ArrayList<>();
        texts(key).forEach(text -> found.add(constant(key, text, type)));
        return Set.copyOf(found);
    }

    private <E extends Enum<E>> E constant(String key, String text, Class<E> type) {
        for (E constant : type.getEnumConstants()) {
            if (constant.name().toLowerCase(Locale.ROOT).equals(text)) {
                return constant;
            }
        }
        String names = Arrays.toString(type.getEnumConstants()).toLowerCase(Locale.ROOT);
        throw refuse(key, text, "must be one of " + names);
    }

    private <T> T get(String key, Function<String, T> getter, String rule) {
        read.add(key);
        try {
            return getter.apply(key);
        } catch (ConfigException.WrongType | ConfigException.BadValue e) {
            throw refuse(key, config.getValue(key).unwrapped(), rule);
        }
    }

    /** Refuses keys that nobody asked for; to be called last. */
    void requireNoOther() {
        for (String key : config.root().keySet()) {
            if (!read.contains(key)) {
                throw refuse(key, config.root().get(key).unwrapped(), "is no key: known are " + read);
            }
        }
    }

    /** The refusal of a key's value. */
    Refused refuse(String key, Object value, String rule) {
        ConfigValue found = config.root().get(key);
        String where = found == null ? "" : found.origin().description() + ": ";
        return new Refused(Refused.Reason.BAD_CONFIGURATION, where + path + "." + key + " is [" + value + "]: " + rule);
    }
}
