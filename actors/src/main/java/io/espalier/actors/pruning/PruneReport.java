package io.espalier.actors.pruning;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.actors.report.Table;
import io.espalier.gpu.prune.ArchitectureSearch.Candidate;
import io.espalier.gpu.prune.Compensation;
import io.espalier.gpu.prune.PruningPlan;
import io.espalier.gpu.prune.ScoresFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Function;

/**
 * The report of a prune job: a table for the terminal; report.md, charts, scores and candidates.json with the model.
 */
public final class PruneReport {
    /** Folder of everything but report.md: servers take every safetensors file beside config.json for weights. */
    private static final String FOLDER = "pruning";

    private static final double MIB = 1 << 20;
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final PruneOutcome outcome;

    public PruneReport(PruneOutcome outcome) {
        this.outcome = outcome;
    }

    private Table costs() {
        Table table = new Table("", "before", "after", "left");
        row(table, "parameters", c -> (double) c.parameters(), 0);
        row(table, "memory MiB", c -> c.memoryBytes() / MIB, 1);
        double before = outcome.before().millis();
        double after = outcome.after().millis();
        if (Double.isNaN(before)) {
            row(table, "predicted latency", Candidate::relativeLatency, 3);
        } else {
            table.row("latency ms", Table.number(before, 1), Table.number(after, 1), left(before, after));
        }
        row(table, "layers", c -> (double) c.numHiddenLayers(), 0);
        row(table, "hidden_size", c -> (double) c.hiddenSize(), 0);
        row(table, "intermediate_size", c -> (double) c.intermediateSize(), 0);
        row(table, "query heads", c -> (double) c.numAttentionHeads(), 0);
        row(table, "key-value heads", c -> (double) c.numKeyValueHeads(), 0);
        if (outcome.result() != null && outcome.teacher().text().tokens() > 0) {
            double loss = outcome.teacher().text().loss();
            table.row(
                    "zero-shot loss",
                    Table.number(loss, 4),
                    Table.number(outcome.result().text().loss(), 4),
                    "");
            table.row("zero-shot KL", "-", Table.number(outcome.result().text().kl(), 4), "");
        }
        if (outcome.result() != null && outcome.teacher().choices().asked() > 0) {
            table.row(
                    "accuracy",
                    percent(outcome.teacher().choices().share()),
                    percent(outcome.result().choices().share()),
                    "");
        }
        return table;
    }

    private void row(Table table, String name, Function<Candidate, Double> cost, int decimals) {
        double before = cost.apply(outcome.before().shape());
        double after = cost.apply(outcome.after().shape());
        table.row(name, grouped(before, decimals), grouped(after, decimals), left(before, after));
    }

    private static String grouped(double value, int decimals) {
        return decimals == 0 ? Table.count(Math.round(value)) : Table.number(value, decimals);
    }

    private static String left(double before, double after) {
        return percent(after / before);
    }

    private static String percent(double share) {
        return Table.number(100 * share, 1) + " %";
    }

    /** The report for a terminal. */
    public String text() {
        String candidates =
                outcome.trials().size() > 1 ? new TrialsSection(outcome).table().toText() + "\n\n" : "";
        return candidates + costs().toText() + "\n\n" + summary();
    }

    private String summary() {
        PruningPlan plan = outcome.plan();
        Compensation changes = plan.compensation();
        return "kept layers " + plan.layers() + "\ncompensation: "
                + (changes.equals(Compensation.NONE)
                                ? "none"
                                : (changes.attentionGain().isEmpty() ? "" : "norm gains ")
                                        + (changes.refit().isEmpty() ? "" : "refitted projections"))
                        .strip();
    }

    /** The report for a program. */
    public ObjectNode json() {
        ObjectNode json = JSON.createObjectNode();
        json.put("parameters_before", outcome.before().shape().parameters());
        json.put("parameters_after", outcome.after().shape().parameters());
        cost(json.putObject("before"), outcome.before());
        cost(json.putObject("after"), outcome.after());
        if (outcome.scores() != null) {
            calibration(json.putObject("calibration"), outcome.scores().about());
        }
        if (outcome.search() != null) {
            json.put("combinations", outcome.search().combinations());
            json.put("feasible", outcome.search().feasible().size());
        }
        if (outcome.result() != null) {
            TrialsSection.put(json.putObject("teacher"), outcome.teacher());
            TrialsSection.put(json.putObject("zero_shot"), outcome.result());
            json.set("candidates", new TrialsSection(outcome).json());
        }
        json.set("plan", JSON.valueToTree(outcome.plan()));
        return json;
    }

    private static void calibration(ObjectNode json, ScoresFile.About about) {
        json.put("rows", about.rows()).put("tokens", about.tokens()).put("seq_length", about.seqLength());
        json.put("data", about.data()).put("model", about.model());
    }

    private static void cost(ObjectNode json, PruneOutcome.Cost cost) {
        CandidateJson.put(json, cost.shape());
        if (!Double.isNaN(cost.millis())) {
            json.put("latency_ms", cost.millis());
        }
    }

    /** Writes everything into a directory. */
    void write(Path directory) {
        try {
            Path folder = Files.createDirectory(directory.resolve(FOLDER));
            StringBuilder text = new StringBuilder("# Pruning\n\n").append(calibrated());
            text.append(costs().toMarkdown()).append("\n\n").append(summary()).append("\n\n");
            if (outcome.importance() != null) {
                text.append(new ImportanceSection(outcome.importance(), outcome.plan()).write(folder, FOLDER));
                outcome.scores().write(folder.resolve("scores.safetensors"));
            }
            if (outcome.result() != null) {
                text.append(new TrialsSection(outcome).write(folder, FOLDER));
            }
            ObjectNode json = json();
            json.remove("plan");
            Files.writeString(
                    folder.resolve("report.json"),
                    JSON.writerWithDefaultPrettyPrinter().writeValueAsString(json) + "\n");
            Files.writeString(directory.resolve("report.md"), text);
        } catch (IOException e) {
            throw new UncheckedIOException(directory.toString(), e);
        }
    }

    private String calibrated() {
        if (outcome.scores() == null) {
            return "Layers named by hand; nothing was calibrated.\n\n";
        }
        return String.format(
                Locale.ROOT,
                "Calibrated on %,d rows, %,d tokens. Over the sequence %s, over rows %s; depth by %s%s."
                        + " Data %.12s…, model %.12s….%n%n",
                outcome.scores().about().rows(),
                outcome.scores().about().tokens(),
                outcome.settings().aggregation().sequence().name().toLowerCase(Locale.ROOT),
                outcome.settings().aggregation().rows().name().toLowerCase(Locale.ROOT),
                outcome.settings().depth().name().toLowerCase(Locale.ROOT).replace('_', ' '),
                outcome.settings().normaliseHooks() ? "; hooks normalised" : "",
                outcome.scores().about().data(),
                outcome.scores().about().model());
    }
}
