package io.espalier.actors.cli;

import io.espalier.actors.client.DaemonUnreachable;
import io.espalier.actors.program.FailedRun;
import io.espalier.gpu.Refused;
import io.espalier.gpu.model.FamilyTable;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** The text of {@code docs/reference.md}: every command with its options and their defaults, exit codes, and settings. */
final class Reference {
    private static final List<String> SETTINGS = List.of(
            "espalier-daemon.conf",
            "espalier-http.conf",
            "espalier-node.conf",
            "espalier-ranks.conf",
            "espalier-coordinator.conf",
            "espalier-journal.conf",
            "espalier-health.conf",
            "espalier-continual.conf",
            "espalier-live.conf",
            "espalier-spool.conf",
            "espalier-transport.conf");

    /** Stands in a column of its own. */
    private static final Pattern DEFAULT = Pattern.compile(" *\\(default: [^)]*\\)");

    private Reference() {}

    static String text() {
        StringBuilder text = new StringBuilder("""
            # Reference

            A test writes this page from the code, and fails when the two differ.

            ## Exit codes

            | code | meaning |
            |---:|---|
            | 0 | ok |
            | %d | unexpected: a defect, or a device that failed |
            """.formatted(FailedRun.UNEXPECTED));
        for (Refused.Reason reason : Refused.Reason.values()) {
            text.append("| ")
                    .append(reason.exitCode())
                    .append(" | ")
                    .append(words(reason))
                    .append(" |\n");
        }
        text.append("| ").append(DaemonUnreachable.EXIT_CODE).append(" | no daemon answers |\n");
        text.append("\n## Model families\n\n").append(FamilyTable.markdown());
        text.append("\n## Commands\n");
        commands(text, Main.commandLine());
        text.append("""

            ## Settings of the daemon and of nodes

            The files below are the defaults, as they stand among the resources.
            """);
        for (String file : SETTINGS) {
            text.append("\n### ")
                    .append(file)
                    .append("\n\n```hocon\n")
                    .append(resource(file).strip())
                    .append("\n```\n");
        }
        return text.toString();
    }

    private static String words(Refused.Reason reason) {
        return reason.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    private static void commands(StringBuilder text, CommandLine command) {
        for (CommandLine sub :
                command.getSubcommands().values().stream().distinct().toList()) {
            CommandSpec spec = sub.getCommandSpec();
            if (spec.usageMessage().hidden()) {
                continue;
            }
            text.append("\n### ").append(spec.qualifiedName()).append("\n\n");
            text.append(String.join(" ", spec.usageMessage().description())).append('\n');
            options(text, spec);
            commands(text, sub);
        }
    }

    private static void options(StringBuilder text, CommandSpec spec) {
        List<OptionSpec> options = spec.options().stream()
                .filter(option -> !option.hidden())
                .sorted(Comparator.comparing(OptionSpec::longestName))
                .toList();
        if (options.isEmpty() && spec.positionalParameters().isEmpty()) {
            return;
        }
        text.append("\n| option | default | |\n|---|---|---|\n");
        for (PositionalParamSpec parameter : spec.positionalParameters()) {
            row(text, parameter.paramLabel(), "", String.join(" ", parameter.description()));
        }
        for (OptionSpec option : options) {
            String names = String.join(", ", option.names());
            String label = option.arity().max() > 0 ? " " + option.paramLabel() : "";
            String given = option.defaultValueString();
            row(
                    text,
                    names + label,
                    given == null || given.equals("null") ? "" : given,
                    String.join(" ", option.description()));
        }
    }

    private static void row(StringBuilder text, String name, String given, String description) {
        text.append("| `").append(name.replace("|", "\\|")).append("` | ");
        text.append(given.isEmpty() ? "" : "`" + given.replace("|", "\\|") + "`")
                .append(" | ");
        text.append(DEFAULT.matcher(description)
                        .replaceAll("")
                        .replace("%%", "%")
                        .replace("|", "\\|"))
                .append(" |\n");
    }

    private static String resource(String name) {
        try (InputStream in = Reference.class.getClassLoader().getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException(name + " is no resource");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
