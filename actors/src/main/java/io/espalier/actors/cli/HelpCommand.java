package io.espalier.actors.cli;

import io.espalier.gpu.Refused;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "help",
        description = "Explains a command, a file of settings, or a topic: " + Topic.NAMES + ".",
        footer = {
            "",
            "Examples:",
            "  espalier help job submit",
            "  espalier help settings",
            "  espalier help espalier-daemon.conf"
        })
final class HelpCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(arity = "0..*", paramLabel = "TOPIC", description = "Words of a command, a topic, or a file's name.")
    private List<String> words = List.of();

    @Override
    public Integer call() {
        String first = words.isEmpty() ? "" : words.getFirst();
        if (words.size() == 1 && topics().contains(first)) {
            System.out.print(Topic.files().contains(first) ? Topic.content(first) : topic(first));
            return 0;
        }
        command().usage(System.out);
        return 0;
    }

    private CommandLine command() {
        CommandLine command = spec.root().commandLine();
        for (String word : words) {
            CommandLine next = command.getSubcommands().get(word);
            if (next == null) {
                List<String> known = new ArrayList<>(UsageError.commands(command));
                if (command.getParent() == null) {
                    known.addAll(topics());
                }
                throw new Refused(
                        Refused.Reason.USAGE, UsageError.noCommand(word, known) + " (topics: " + Topic.NAMES + ")");
            }
            command = next;
        }
        return command;
    }

    private static String topic(String name) {
        return Arrays.stream(Topic.values())
                .filter(topic -> EnumNames.of(topic).equals(name))
                .map(Topic::text)
                .collect(Collectors.joining());
    }

    private static List<String> topics() {
        return Stream.concat(Arrays.stream(Topic.values()).map(EnumNames::of), Topic.files().stream())
                .toList();
    }
}
