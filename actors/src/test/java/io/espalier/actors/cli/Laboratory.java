package io.espalier.actors.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/**
 * Measurements that the program does without: frames by every way between two processes ({@code transport}), and what it costs
 * to measure ({@code instruments}). {@link LaboratoryTest} says how they are run; {@code --help} tells of their options.
 */
@Command(
        name = "laboratory",
        description = "Measures what the program is built on.",
        mixinStandardHelpOptions = true,
        subcommands = {BenchTransportCommand.class, BenchInstrumentsCommand.class})
public final class Laboratory {
    private Laboratory() {}

    static void main(String[] arguments) {
        System.exit(line().execute(arguments));
    }

    static CommandLine line() {
        return new CommandLine(new Laboratory()).setUsageHelpAutoWidth(true);
    }
}
