package io.espalier.actors.cli;

import io.espalier.gpu.model.FamilyTable;
import java.util.List;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** The text of {@code docs/reference.md}: every command with its options and their defaults, exit codes, and settings. */
final class Reference {
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
            """);
        Topic.exitCodes().forEach((code, meaning) -> text.append("| %d | %s |\n".formatted(code, meaning)));
        text.append("\n## Environment\n\n| variable | meaning |\n|---|---|\n");
        Topic.environment().forEach((name, meaning) -> text.append("| `%s` | %s |\n".formatted(name, meaning)));
        text.append("\n## Model families\n\n").append(FamilyTable.markdown());
        text.append("\n## Commands\n");
        commands(text, Main.commandLine());
        text.append("""

            ## Settings of the daemon and of nodes

            The files below are the defaults, as they stand among the resources.
            """);
        for (String file : Topic.files()) {
            text.append("\n### ")
                    .append(file)
                    .append("\n\n```hocon\n")
                    .append(Topic.content(file).strip())
                    .append("\n```\n");
        }
        return text.toString();
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
        List<OptionGroup> groups = OptionGroup.of(spec);
        if (spec.positionalParameters().isEmpty()
                && groups.size() == 1
                && groups.getFirst().options().size() == 1) {
            return;
        }
        text.append("\n| option | default | |\n|---|---|---|\n");
        for (PositionalParamSpec parameter : spec.positionalParameters()) {
            row(text, parameter.paramLabel(), "", String.join(" ", parameter.description()));
        }
        for (OptionGroup group : groups) {
            text.append("| **").append(group.heading()).append("** | | |\n");
            for (OptionSpec option : group.options()) {
                String names = String.join(", ", option.names());
                String label = option.arity().max() > 0 ? " " + OptionGroup.label(option) : "";
                row(text, names + label, OptionGroup.given(option), String.join(" ", option.description()));
            }
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
}
