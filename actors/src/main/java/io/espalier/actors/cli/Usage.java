package io.espalier.actors.cli;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** The help of a command: how it is called, its options by what they are about, and examples that can be copied. */
final class Usage extends Help {
    Usage(CommandSpec command, ColorScheme colours) {
        super(command, colours);
    }

    /** One line: all that must be given, and that there is more. */
    @Override
    public String synopsis(int headingLength) {
        CommandSpec command = commandSpec();
        if (!command.subcommands().isEmpty()) {
            return super.synopsis(headingLength);
        }
        Stream<String> required = told(command.options()).stream()
                .filter(OptionSpec::required)
                .map(option -> option.longestName()
                        + parameterLabelRenderer().renderParameterLabel(option, ansi(), List.of()));
        return Stream.of(
                                Stream.of(command.qualifiedName()),
                                required,
                                Stream.of("[OPTIONS]"),
                                command.positionalParameters().stream()
                                        .map(parameter -> parameterLabelRenderer()
                                                .renderParameterLabel(parameter, ansi(), List.of())
                                                .toString()))
                        .flatMap(part -> part)
                        .collect(Collectors.joining(" "))
                + System.lineSeparator();
    }

    @Override
    public String parameterListHeading(Object... parameters) {
        return commandSpec().positionalParameters().isEmpty() ? "" : heading("Arguments");
    }

    private String heading(String text) {
        return System.lineSeparator() + colorScheme().text("@|bold " + text + "|@:") + System.lineSeparator();
    }

    /** Each group brings its own. */
    @Override
    public String optionListHeading(Object... parameters) {
        return "";
    }

    @Override
    public String optionList() {
        StringBuilder text = new StringBuilder();
        List<OptionSpec> all = told(commandSpec().options());
        for (OptionGroup group : OptionGroup.of(commandSpec())) {
            Layout layout = createDefaultLayout(all, List.of(), colorScheme());
            layout.addOptions(told(group.options()), parameterLabelRenderer());
            text.append(heading(group.heading())).append(layout);
        }
        return text.toString();
    }

    /** The options as help tells them: with their defaults. */
    private static List<OptionSpec> told(List<OptionSpec> options) {
        return options.stream().map(Usage::told).toList();
    }

    private static OptionSpec told(OptionSpec option) {
        String given = OptionGroup.given(option).replace("%", "%%");
        String description = String.join(" ", option.description());
        return OptionSpec.builder(option)
                .paramLabel(OptionGroup.label(option))
                .description(
                        given.isEmpty()
                                ? description
                                : description.replaceFirst("\\.$", "") + " (default: " + given + ").")
                .build();
    }

    /** The lines as they are: an example that is folded cannot be copied. */
    @Override
    public String footer(Object... parameters) {
        return Stream.of(commandSpec().usageMessage().footer())
                .map(line -> line + System.lineSeparator())
                .collect(Collectors.joining());
    }
}
