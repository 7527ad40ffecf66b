package io.espalier.actors.settings;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigValue;
import io.espalier.gpu.Refused;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * A section of a configuration, read key by key; a wrong value is refused with its file and line, key, value and rule.
 */
public final class SettingsSection {
    private final Config config;
    private final String path;
    private final Set<String> read = new TreeSet<>();

    /**
     * Takes a section as it is.
     *
     * @param path of the section from the root
     */
    public SettingsSection(Config section, String path) {
        this.config = section;
        this.path = path;
    }

    public SettingsSection section(String key) {
        return new SettingsSection(get(key, config::getConfig, "must be a section { }"), path + "." + key);
    }

    public String text(String key) {
        return get(key, config::getString, "must be a text");
    }

    public List<String> texts(String key) {
        return get(key, config::getStringList, "must be a list of texts");
    }

    public int number(String key, int least, int most) {
        String rule = "must be a whole number from " + least + " to " + most;
        int value = get(key, config::getInt, rule);
        if (value < least || value > most) {
            throw refuse(key, value, rule);
        }
        return value;
    }

    public Duration duration(String key) {
        String rule = "must be a duration above 0, with its unit";
        Duration value = get(key, config::getDuration, rule);
        if (!value.isPositive()) {
            throw refuse(key, value, rule);
        }
        return value;
    }

    /** A size in bytes, which may have a unit. */
    public long bytes(String key, long least, long most) {
        String rule = "must be a size from " + least + " to " + most + " bytes";
        long value = get(key, config::getBytes, rule);
        if (value < least || value > most) {
            throw refuse(key, value, rule);
        }
        return value;
    }

    /** A file that can be read; empty where none is named. */
    public Optional<Path> file(String key) {
        String file = text(key);
        if (!file.isEmpty() && !Files.isReadable(Path.of(file))) {
            throw refuse(key, file, "must be a readable file");
        }
        return file.isEmpty() ? Optional.empty() : Optional.of(Path.of(file));
    }

    public <E extends Enum<E>> E choice(String key, Class<E> type) {
        return constant(key, text(key), type);
    }

    public <E extends Enum<E>> Set<E> choices(String key, Class<E> type) {
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
    public void requireNoOther() {
        for (String key : config.root().keySet()) {
            if (!read.contains(key)) {
                throw refuse(key, config.root().get(key).unwrapped(), "is no key: known are " + read);
            }
        }
    }

    /** The refusal of a key's value. */
    public Refused refuse(String key, Object value, String rule) {
        ConfigValue found = config.root().get(key);
        String where = found == null ? "" : found.origin().description() + ": ";
        return new Refused(Refused.Reason.BAD_CONFIGURATION, where + path + "." + key + " is [" + value + "]: " + rule);
    }
}
