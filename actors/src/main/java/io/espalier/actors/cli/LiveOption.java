package io.espalier.actors.cli;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import io.espalier.actors.settings.Hocon;
import io.espalier.gpu.Refused;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The option {@code --live} as the user of this command line writes it, HOCON or, behind an @, the file that holds it. It is
 * read here, with this user's files and environment, and goes on from here as data.
 */
final class LiveOption {
    private static final String NAME = "--" + RecipeCompiler.LIVE;

    private LiveOption() {}

    /** Returns the arguments with the value of {@code --live} as JSON. */
    static List<String> asData(List<String> arguments) {
        List<String> data = new ArrayList<>(arguments);
        for (int i = 0; i < data.size(); i++) {
            String argument = data.get(i);
            if (argument.startsWith(NAME + "=")) {
                data.set(i, NAME + "=" + json(read(argument.substring(NAME.length() + 1))));
            } else if (argument.equals(NAME) && i + 1 < data.size()) {
                data.set(i + 1, json(read(data.get(i + 1))));
            }
        }
        return data;
    }

    /** The options of a recipe, in which the live section is an object even where it was a text. */
    static Config asData(Config options) {
        ConfigValue live = options.root().get(RecipeCompiler.LIVE);
        return live == null || live.valueType() != ConfigValueType.STRING
                ? options
                : options.withValue(
                        RecipeCompiler.LIVE, read((String) live.unwrapped()).root());
    }

    private static String json(Config section) {
        return section.root().render(ConfigRenderOptions.concise());
    }

    private static Config read(String value) {
        if (!value.startsWith("@")) {
            return Hocon.text(NAME, value);
        }
        Path file = Path.of(value.substring(1));
        if (!Files.isReadable(file) || Files.isDirectory(file)) {
            throw Refused.notFound(file, "must be a readable file for " + NAME);
        }
        return Hocon.file(file);
    }
}
