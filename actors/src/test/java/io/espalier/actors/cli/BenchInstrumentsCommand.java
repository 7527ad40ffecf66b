package io.espalier.actors.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.actors.bench.InstrumentBenchmark;
import io.espalier.actors.report.Table;
import io.espalier.gpu.Refused;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "instruments",
        description = "What it costs to measure an actor's message and a stage's element, in nanoseconds.",
        footer = {"", "Example:", "  laboratory instruments --messages 1000000"})
final class BenchInstrumentsCommand implements Callable<Integer> {
    @Mixin
    private CommonOptions common;

    @Option(
            names = "--rounds",
            defaultValue = "20",
            paramLabel = "N",
            description = "The fastest counts (default: ${DEFAULT-VALUE}).")
    private int rounds;

    @Option(
            names = "--warmup",
            defaultValue = "8",
            paramLabel = "N",
            description = "Rounds before them (default: ${DEFAULT-VALUE}).")
    private int warmup;

    @Option(
            names = "--messages",
            defaultValue = "500000",
            paramLabel = "N",
            description = "Of one round (default: ${DEFAULT-VALUE}).")
    private int messages;

    @Override
    public Integer call() {
        if (rounds < 1 || warmup < 1 || messages < 1) {
            throw new Refused(Refused.Reason.USAGE, "laboratory instruments: numbers must be at least 1");
        }
        List<InstrumentBenchmark.Cost> costs = new InstrumentBenchmark(rounds, warmup, messages).run();
        ObjectNode json = CommonOptions.object();
        ArrayNode array = json.putArray("costs");
        Table table = new Table("of one", "without ns", "measured ns", "added ns");
        for (InstrumentBenchmark.Cost cost : costs) {
            array.addObject()
                    .put("what", cost.what())
                    .put("plain_ns", cost.plain())
                    .put("measured_ns", cost.measured())
                    .put("added_ns", cost.added());
            table.row(
                    cost.what(),
                    Table.number(cost.plain(), 0),
                    Table.number(cost.measured(), 0),
                    Table.number(cost.added(), 0));
        }
        common.print(json, table.toText());
        return 0;
    }
}
