package io.espalier.actors.cli;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** The completion of the command line for fish: a line for each command and each option. */
final class FishCompletion {
    private final StringBuilder script = new StringBuilder();

    private FishCompletion() {}

    static String of(CommandLine line) {
        FishCompletion completion = new FishCompletion();
        completion.enter(line, "");
        return completion.script.toString();
    }

    /** @param words of the command line before those of this command */
    private void enter(CommandLine command, String words) {
        CommandSpec spec = command.getCommandSpec();
        List<String> subcommands = UsageError.commands(command);
        String here = words.isEmpty() ? "__fish_use_subcommand" : seen(words);
        if (!words.isEmpty() && !subcommands.isEmpty()) {
            here += "; and not __fish_seen_subcommand_from " + String.join(" ", subcommands);
        }
        for (String name : subcommands) {
            CommandLine sub = command.getSubcommands().get(name);
            add(here, "-f -a " + name, sub.getCommandSpec().usageMessage().description());
            enter(sub, (words + " " + name).strip());
        }
        for (OptionSpec option : spec.options()) {
            StringBuilder names = new StringBuilder();
            for (String name : option.names()) {
                names.append(name.startsWith("--") ? " -l " + name.substring(2) : " -s " + name.substring(1));
            }
            if (!option.hidden()) {
                add(here, names.substring(1) + value(option), option.description());
            }
        }
        if (!words.isEmpty() && spec.positionalParameters().stream().noneMatch(FishCompletion::isPath)) {
            String constants = spec.positionalParameters().stream()
                    .map(FishCompletion::constants)
                    .collect(Collectors.joining(" "))
                    .strip();
            add(here, constants.isEmpty() ? "-f" : "-f -a '" + constants + "'", new String[0]);
        }
    }

    private static String value(OptionSpec option) {
        if (option.arity().max() == 0) {
            return " -f";
        }
        if (isPath(option)) {
            return " -r -F";
        }
        String constants = constants(option);
        return constants.isEmpty() ? " -x" : " -x -a '" + constants + "'";
    }

    private static String constants(ArgSpec argument) {
        return Arrays.stream(argument.auxiliaryTypes())
                .filter(Class::isEnum)
                .flatMap(type -> Arrays.stream(type.getEnumConstants()))
                .map(constant -> EnumNames.of((Enum<?>) constant))
                .collect(Collectors.joining(" "));
    }

    private static String seen(String words) {
        StringBuilder seen = new StringBuilder();
        for (String word : words.split(" ", -1)) {
            seen.append(seen.isEmpty() ? "" : "; and ")
                    .append("__fish_seen_subcommand_from ")
                    .append(word);
        }
        return seen.toString();
    }

    private void add(String condition, String what, String[] description) {
        script.append("complete -c espalier -n '")
                .append(condition)
                .append("' ")
                .append(what);
        if (description.length > 0) {
            script.append(" -d '")
                    .append(firstSentence(description[0]).replace("\\", "\\\\").replace("'", "\\'"))
                    .append('\'');
        }
        script.append('\n');
    }

    private static String firstSentence(String text) {
        return text.replaceFirst(" \\(default: .*|(?<=[a-z)])[.:;]( .*|$)", "").replace("%%", "%");
    }

    private static boolean isPath(ArgSpec argument) {
        return Arrays.asList(argument.auxiliaryTypes()).contains(Path.class);
    }
}
