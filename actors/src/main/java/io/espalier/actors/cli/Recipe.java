package io.espalier.actors.cli;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import io.espalier.gpu.Refused;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * A file of options (HOCON) named by {@code --recipe}: a key is an option's name, alone or in a section named after its
 * command. What the command line says itself wins; a key that is no option is refused. A section that is an option's value is
 * handed on as text, so that the arguments say all.
 */
final class Recipe {
    private static final String OPTION = "--recipe";

    private Recipe() {}

    /** The arguments, with those of the recipe that they name added. */
    static List<String> expand(CommandLine line, List<String> arguments) {
        int at = arguments.indexOf(OPTION);
        if (at < 0 || at + 1 == arguments.size()) {
            return arguments;
        }
        CommandSpec command = arguments.stream()
                .map(name -> line.getSubcommands().get(name))
                .filter(sub -> sub != null)
                .map(CommandLine::getCommandSpec)
                .findFirst()
                .orElseThrow(() -> new Refused(Refused.Reason.USAGE, OPTION + ": follows a command"));
        List<String> expanded = new ArrayList<>(arguments);
        expanded.remove(at + 1);
        expanded.remove(at);
        Path file = Path.of(arguments.get(at + 1));
        Config recipe = parse(file);
        for (Map.Entry<String, ConfigValue> entry : recipe.root().entrySet()) {
            boolean section = line.getSubcommands().containsKey(entry.getKey())
                    && entry.getValue().valueType() == ConfigValueType.OBJECT;
            if (!section) {
                add(expanded, arguments, command, file, entry.getKey(), entry.getValue());
            } else if (entry.getKey().equals(command.name())) {
                recipe.getConfig(entry.getKey())
                        .root()
                        .forEach((key, value) -> add(expanded, arguments, command, file, key, value));
            }
        }
        return expanded;
    }

    private static Config parse(Path file) {
        if (!Files.isRegularFile(file)) {
            throw Refused.notFound(file, "must be a recipe");
        }
        try {
            return ConfigFactory.parseFile(file.toFile()).resolve();
        } catch (ConfigException e) {
            throw new Refused(Refused.Reason.BAD_CONFIGURATION, file + ": " + e.getMessage(), e);
        }
    }

    private static void add(
            List<String> expanded, List<String> given, CommandSpec command, Path file, String key, ConfigValue value) {
        OptionSpec option = command.findOption("--" + key);
        if (option == null) {
            throw new Refused(
                    Refused.Reason.BAD_CONFIGURATION,
                    file + ": key " + key + " is no option of " + command.name() + ": known are " + known(command));
        }
        boolean overridden = given.stream().anyMatch(a -> a.equals("--" + key) || a.startsWith("--" + key + "="));
        if (overridden || value.unwrapped().equals(false)) {
            return;
        }
        expanded.add("--" + key);
        if (value.valueType() == ConfigValueType.OBJECT) {
            expanded.add(value.render(ConfigRenderOptions.concise()));
        } else if (value.unwrapped() instanceof List<?> list) {
            list.forEach(element -> expanded.add(element.toString()));
        } else if (!value.unwrapped().equals(true)) {
            expanded.add(value.unwrapped().toString());
        }
    }

    private static Set<String> known(CommandSpec command) {
        Set<String> names = new TreeSet<>();
        command.options().forEach(option -> names.add(option.longestName().replaceFirst("^--", "")));
        return names;
    }
}
