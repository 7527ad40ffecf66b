package io.espalier.actors.settings;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import io.espalier.gpu.Refused;
import java.nio.file.Path;
import java.util.function.Supplier;

/**
 * HOCON that the user of this process has written: its variables are those of the environment, and it may include other
 * files. A section that somebody else sends is read as {@link JsonData} instead.
 */
public final class Hocon {
    private Hocon() {}

    /** Reads a file that is there; a malformed one is refused with its name and line. */
    public static Config file(Path file) {
        return read(file.toString(), () -> ConfigFactory.parseFile(file.toFile()));
    }

    /**
     * Reads a text.
     *
     * @param where it stands, for the reader of a refusal
     */
    public static Config text(String where, String text) {
        return read(where, () -> ConfigFactory.parseString(text));
    }

    private static Config read(String where, Supplier<Config> parse) {
        try {
            return parse.get().resolve();
        } catch (ConfigException e) {
            throw new Refused(Refused.Reason.BAD_CONFIGURATION, where + ": " + e.getMessage(), e);
        } catch (StackOverflowError e) {
            // The parser calls itself for each level, and nothing of it outlives the call.
            throw new Refused(Refused.Reason.BAD_CONFIGURATION, where + ": is nested too deeply", e);
        }
    }
}
