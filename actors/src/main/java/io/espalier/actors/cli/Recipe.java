package io.espalier.actors.cli;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import io.espalier.actors.settings.Hocon;
import io.espalier.gpu.Refused;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BinaryOperator;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * A file of options (HOCON) named by {@code --recipe}: a key is an option's name, alone or in a section named after its
 * command. What the command line says itself wins; a key that is no option is refused; a section that is an option's value
 * is given to it as JSON.
 */
final class Recipe {
    private static final String NAME = "recipe";
    private static final String OPTION = "--" + NAME;

    private Recipe() {}

    /** The arguments, with those of the recipe that they name added. */
    static List<String> expand(CommandLine line, List<String> arguments) {
        List<String> expanded = new ArrayList<>(arguments);
        Path file = take(expanded);
        if (file == null) {
            return arguments;
        }
        if (take(expanded) != null) {
            throw new Refused(Refused.Reason.USAGE, OPTION + ": must be given once");
        }
        CommandSpec command = arguments.stream()
                .map(name -> line.getSubcommands().get(name))
                .filter(sub -> sub != null)
                .map(CommandLine::getCommandSpec)
                .findFirst()
                .orElseThrow(() -> new Refused(Refused.Reason.USAGE, OPTION + ": follows a command"));
        options(line, command, file).root().forEach((key, value) -> {
            boolean overridden =
                    arguments.stream().anyMatch(a -> a.equals("--" + key) || a.startsWith("--" + key + "="));
            if (!overridden) {
                expanded.addAll(option(command, file, key, value));
            }
        });
        return expanded;
    }

    /** Takes the option, in either way of writing it, out of the arguments; null where they have none with a value. */
    private static Path take(List<String> arguments) {
        for (int i = 0; i < arguments.size(); i++) {
            if (arguments.get(i).startsWith(OPTION + "=")) {
                return Path.of(arguments.remove(i).substring(OPTION.length() + 1));
            }
            if (arguments.get(i).equals(OPTION) && i + 1 < arguments.size()) {
                arguments.remove(i);
                return Path.of(arguments.remove(i));
            }
        }
        return null;
    }

    /** The options that a recipe gives to a command, for all commands or in the command's own section. */
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
     * A command's arguments as the options of a job say them, its verb first. A value is never taken for an option.
     *
     * @param job for the reader of what is wrong with them
     */
    static List<String> arguments(CommandSpec command, Config options, String job) {
        List<String> arguments = new ArrayList<>(List.of(command.name()));
        new TreeMap<>(options.root()).forEach((key, value) -> {
            List<String> words = option(command, job, key, value);
            if (words.stream().skip(1).anyMatch(word -> word.startsWith("--"))) {
                throw new Refused(Refused.Reason.VALIDATION, job + ": " + key + ": a value must not begin with --");
            }
            arguments.addAll(words);
        });
        return arguments;
    }

    /** Returns the options with each path in them put through {@code path}, which is given the name and the path. */
    static Config withPaths(CommandSpec command, Config options, BinaryOperator<String> path) {
        Config with = options;
        for (Map.Entry<String, ConfigValue> entry : options.root().entrySet()) {
            OptionSpec option = command.findOption("--" + entry.getKey());
            if (entry.getValue() instanceof ConfigObject section) {
                with = with.withValue(ConfigUtil.joinPath(entry.getKey()), LivePaths.of(section, path));
            } else if (option != null && isPath(option)) {
                with = with.withValue(
                        ConfigUtil.joinPath(entry.getKey()), LivePaths.paths(entry.getKey(), entry.getValue(), path));
            }
        }
        return with;
    }

    static Config parse(Path file) {
        if (!Files.isRegularFile(file)) {
            throw Refused.notFound(file, "must be a recipe");
        }
        return Hocon.file(file);
    }

    /** The words of one option; none where it is off. */
    private static List<String> option(CommandSpec command, Object where, String key, ConfigValue value) {
        OptionSpec option = command.findOption("--" + key);
        if (option == null || option.usageHelp() || key.equals(NAME)) {
            throw new Refused(
                    Refused.Reason.BAD_CONFIGURATION,
                    where + ": key " + key + " is no option of " + command.name()
                            + UsageError.suggestion(key, known(command)) + " (espalier help " + command.name()
                            + " lists them)");
        }
        List<String> words = new ArrayList<>(List.of("--" + key));
        switch (value.valueType()) {
            case OBJECT -> words.add(((ConfigObject) value).render(ConfigRenderOptions.concise()));
            case LIST -> ((List<?>) value.unwrapped()).forEach(element -> words.add("" + element));
            case BOOLEAN -> {
                return value.unwrapped().equals(true) ? words : List.of();
            }
            case NUMBER, STRING -> words.add("" + value.unwrapped());
            case NULL ->
                throw new Refused(
                        Refused.Reason.BAD_CONFIGURATION, where + ": key " + key + " is null: must have a value");
        }
        if (value.valueType() == ConfigValueType.OBJECT && !key.equals(RecipeCompiler.LIVE)) {
            throw new Refused(
                    Refused.Reason.BAD_CONFIGURATION, where + ": key " + key + " is a section: must be a value");
        }
        return words;
    }

    private static boolean isPath(OptionSpec option) {
        return Arrays.asList(option.auxiliaryTypes()).contains(Path.class);
    }

    private static List<String> known(CommandSpec command) {
        return command.options().stream().map(OptionGroup::key).toList();
    }
}
