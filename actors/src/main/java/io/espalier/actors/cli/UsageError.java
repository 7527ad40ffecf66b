package io.espalier.actors.cli;

import io.espalier.gpu.Refused;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** The answer to a command line that cannot be understood: its fault, the nearest name that exists, and where to read on. */
final class UsageError {
    /** The most letters that may differ, of a name at least three times as long. */
    private static final int NEAR = 3;

    private UsageError() {}

    static int say(ParameterException e, String[] arguments) {
        CommandLine command = e.getCommandLine();
        System.err.println("espalier: " + message(e, command, arguments));
        System.err.println("Try '" + command.getCommandSpec().qualifiedName() + " --help'.");
        return Refused.Reason.USAGE.exitCode();
    }

    private static String message(ParameterException e, CommandLine command, String[] arguments) {
        // An option that is misspelt is told before another that is missing: the one is most often the other.
        Optional<String> unknown = Arrays.stream(arguments)
                .takeWhile(word -> !word.equals("--"))
                .filter(word -> word.startsWith("--"))
                .map(word -> word.replaceFirst("=.*", ""))
                .filter(word -> command.getCommandSpec().findOption(word) == null)
                .filter(word -> !ofAParent(command, word))
                .findFirst();
        if (unknown.isPresent()) {
            return "no option " + unknown.get()
                    + suggestion(
                            unknown.get(), command.getCommandSpec().optionsMap().keySet());
        }
        if (!command.getSubcommands().isEmpty()) {
            List<String> commands = commands(command);
            if (e instanceof UnmatchedArgumentException unmatched) {
                List<String> known = new ArrayList<>(commands);
                known.addAll(command.getCommandSpec().optionsMap().keySet());
                return noCommand(unmatched.getUnmatched().getFirst(), known);
            }
            return "name one of " + String.join(", ", commands);
        }
        return e.getMessage();
    }

    /** The commands of a group that are meant for people. */
    static List<String> commands(CommandLine group) {
        return group.getSubcommands().entrySet().stream()
                .filter(command ->
                        !command.getValue().getCommandSpec().usageMessage().hidden())
                .map(Map.Entry::getKey)
                .toList();
    }

    static String noCommand(String word, Collection<String> commands) {
        return "no command " + word + suggestion(word, commands);
    }

    private static boolean ofAParent(CommandLine command, String word) {
        return Stream.iterate(command, parent -> parent != null, CommandLine::getParent)
                .anyMatch(parent -> parent.getCommandSpec().findOption(word) != null);
    }

    /** The end of a sentence that names the nearest; empty where none is near. */
    static String suggestion(String word, Collection<String> names) {
        return nearest(word, names).map(name -> "; did you mean " + name + "?").orElse("");
    }

    /** The name that takes the fewest changes, where these are few beside its length. */
    static Optional<String> nearest(String word, Collection<String> names) {
        return names.stream()
                .filter(name -> changes(word, name) <= Math.min(NEAR, Math.max(1, name.length() / 3)))
                .min(Comparator.<String>comparingInt(name -> changes(word, name))
                        .thenComparing(name -> name));
    }

    /** The least number of letters put in, left out, replaced or swapped with their neighbour (optimal string alignment). */
    private static int changes(String from, String to) {
        int[][] table = new int[from.length() + 1][to.length() + 1];
        for (int i = 0; i <= from.length(); i++) {
            for (int j = 0; j <= to.length(); j++) {
                if (i == 0 || j == 0) {
                    table[i][j] = i + j;
                    continue;
                }
                int replaced = table[i - 1][j - 1] + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
                int best = Math.min(replaced, Math.min(table[i - 1][j], table[i][j - 1]) + 1);
                boolean swapped = i > 1
                        && j > 1
                        && from.charAt(i - 1) == to.charAt(j - 2)
                        && from.charAt(i - 2) == to.charAt(j - 1);
                table[i][j] = swapped ? Math.min(best, table[i - 2][j - 2] + 1) : best;
            }
        }
        return table[from.length()][to.length()];
    }
}
