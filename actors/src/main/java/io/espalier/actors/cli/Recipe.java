package io.espalier.actors.cli;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import io.espalier.gpu.Refused;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * A file of options (HOCON) named by {@code --recipe}: a key is an option's name, alone or in a section named after its
 * command. What the command line says itself wins; a key that is no option is refused; a section that is an option's value
 * is given to it as JSON.
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
        options(line, command, file).root().forEach((key, value) -> {
            boolean overridden =
                    arguments.stream().anyMatch(a -> a.equals("--" + key) || a.startsWith("--" + key + "="));
            if (!overridden) {
                expanded.addAll(option(command, file, key, value, UnaryOperator.identity()));
            }
        });
        return expanded;
    }

    /** What a recipe says to a command, alone or in the command's own section. */
    static Config options(CommandLine line, CommandSpec command, Path file) {
        Config recipe = parse(file);
        Config options = recipe;
        for (Map.Entry<String, ConfigValue> entry : recipe.root().entrySet()) {
            if (line.getSubcommands().containsKey(entry.getKey())
                    && entry.getValue().valueType() == ConfigValueType.OBJECT) {
                options = options.withoutPath(ConfigUtil.joinPath(entry.getKey()));
            }
        }
        String own = ConfigUtil.joinPath(command.name());
        return recipe.hasPath(own) ? recipe.getConfig(own).withFallback(options) : options;
    }

    /**
     * A command's arguments as a recipe gives them, its verb first.
     *
     * @param where the options stand, for whoever reads what is wrong with them
     * @param directory that relative paths begin at
     */
    static List<String> arguments(CommandLine line, String command, Config options, String where, Path directory) {
        CommandSpec spec = line.getSubcommands().get(command).getCommandSpec();
        List<String> arguments = new ArrayList<>(List.of(command));
        new TreeMap<>(options.root())
                .forEach((key, value) -> arguments.addAll(option(
                        spec,
                        where,
                        key,
                        value,
                        path -> directory.resolve(path).normalize().toString())));
        return arguments;
    }

    static Config parse(Path file) {
        if (!Files.isRegularFile(file)) {
            throw Refused.notFound(file, "must be a recipe");
        }
        try {
            return ConfigFactory.parseFile(file.toFile()).resolve();
        } catch (ConfigException e) {
            throw new Refused(Refused.Reason.BAD_CONFIGURATION, file + ": " + e.getMessage(), e);
        }
    }

    /** The words of one option; none where it is off. */
    private static List<String> option(
            CommandSpec command, Object where, String key, ConfigValue value, UnaryOperator<String> path) {
        OptionSpec option = command.findOption("--" + key);
        if (option == null) {
            throw new Refused(
                    Refused.Reason.BAD_CONFIGURATION,
                    where + ": key " + key + " is no option of " + command.name() + ": known are " + known(command));
        }
        UnaryOperator<String> word = isPath(option) ? path : UnaryOperator.identity();
        List<String> words = new ArrayList<>(List.of("--" + key));
        switch (value.valueType()) {
            case OBJECT -> words.add(LivePaths.of((ConfigObject) value, path).render(ConfigRenderOptions.concise()));
            case LIST -> ((List<?>) value.unwrapped()).forEach(element -> words.add(word.apply("" + element)));
            case BOOLEAN -> {
                return value.unwrapped().equals(true) ? words : List.of();
            }
            case NUMBER, STRING, NULL -> words.add(word.apply("" + value.unwrapped()));
        }
        return words;
    }

    private static boolean isPath(OptionSpec option) {
        return Arrays.asList(option.auxiliaryTypes()).contains(Path.class);
    }

    private static Set<String> known(CommandSpec command) {
        Set<String> names = new TreeSet<>();
        command.options().forEach(option -> names.add(option.longestName().replaceFirst("^--", "")));
        return names;
    }
}
