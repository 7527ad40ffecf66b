package io.espalier.actors.pruning;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.actors.report.Chart;
import io.espalier.actors.report.Table;
import io.espalier.gpu.prune.ArchitectureSearch.Candidate;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** The part of a report that says how the candidates did. */
final class TrialsSection {
    private static final double MIB = 1 << 20;

    private final PruneOutcome outcome;
    private final ToDoubleFunction<Trial> loss;

    TrialsSection(PruneOutcome outcome) {
        this.outcome = outcome;
        this.loss = trial -> -trial.latest().by(outcome.compared().by());
    }

    private boolean onText() {
        return outcome.teacher().text().tokens() > 0;
    }

    private boolean onQuestions() {
        return outcome.teacher().choices().asked() > 0;
    }

    /** Candidates, the chosen one first. */
    Table table() {
        List<String> columns = new ArrayList<>(
                List.of("#", "layers", "hidden", "ffn", "heads", "parameters", "memory MiB", "latency", "damage"));
        if (onText()) {
            columns.addAll(List.of("loss", "KL"));
        }
        if (onQuestions()) {
            columns.add("accuracy");
        }
        boolean halved = outcome.trials().stream().anyMatch(t -> !t.rounds().isEmpty());
        if (halved) {
            columns.addAll(List.of("steps", "KL after"));
        }
        columns.add("Pareto");
        Table table = new Table(columns.toArray(String[]::new));
        List<Trial> front = ParetoFront.of(outcome.trials(), loss);
        int rank = 1;
        for (Trial trial : outcome.trials()) {
            List<String> cells = new ArrayList<>(shape(rank++, trial));
            if (onText()) {
                cells.add(Table.number(trial.zeroShot().text().loss(), 4));
                cells.add(Table.number(trial.zeroShot().text().kl(), 4));
            }
            if (onQuestions()) {
                cells.add(Table.number(100 * trial.zeroShot().choices().share(), 1) + " %");
            }
            if (halved) {
                cells.add(
                        trial.rounds().isEmpty()
                                ? "-"
                                : Table.count(trial.rounds().getLast().steps()));
                cells.add(
                        trial.rounds().isEmpty()
                                ? "-"
                                : Table.number(trial.latest().text().kl(), 4));
            }
            cells.add(front.contains(trial) ? "yes" : "");
            table.row(cells.toArray(String[]::new));
        }
        return table;
    }

    private static List<String> shape(int rank, Trial trial) {
        Candidate c = trial.candidate();
        return List.of(
                Integer.toString(rank),
                Integer.toString(c.numHiddenLayers()),
                Integer.toString(c.hiddenSize()),
                Integer.toString(c.intermediateSize()),
                Integer.toString(c.numAttentionHeads()),
                Table.count(c.parameters()),
                Table.number(c.memoryBytes() / MIB, 1),
                Table.number(c.relativeLatency(), 2),
                Table.number(trial.expectedDamage(), 3));
    }

    /** Draws its chart below {@code directory} and gives the text that shows it. */
    String write(Path directory, String link) {
        StringBuilder text = new StringBuilder("## Candidates\n\n");
        if (outcome.search() != null) {
            text.append(outcome.search().combinations())
                    .append(" shapes in the search space, ")
                    .append(outcome.search().feasible().size())
                    .append(" within the budget, ")
                    .append(outcome.trials().size())
                    .append(" compared by ")
                    .append(outcome.compared().by().name().toLowerCase(java.util.Locale.ROOT))
                    .append(".\n\n");
        }
        text.append(table().toMarkdown())
                .append("\n\nLoss and KL are nats per held-out token, zero-shot unless said; latency is relative to the"
                        + " original's, predicted from operations; damage is the share of importance given up.");
        if (onText()) {
            text.append(" The original's loss is ")
                    .append(Table.number(outcome.teacher().text().loss(), 4))
                    .append('.');
        }
        text.append("\n\n");
        if (outcome.trials().size() > 1) {
            draw(directory.resolve("candidates.png"));
            text.append("![Size and quality](").append(link).append("/candidates.png)\n\n");
        }
        return text.toString();
    }

    private void draw(Path png) {
        String by = switch (outcome.compared().by()) {
            case KL -> "KL to the original, nats per token";
            case LOSS -> "loss, nats per token";
            case CHOICES -> "- accuracy";
        };
        List<Trial> front = ParetoFront.of(outcome.trials(), loss);
        List<Trial> others =
                outcome.trials().stream().filter(t -> !front.contains(t)).toList();
        Chart.points(
                png,
                "Candidates",
                "parameters, millions",
                by,
                List.of(points("Pareto front", front), points("others", others)));
    }

    private Chart.Line points(String name, List<Trial> trials) {
        return new Chart.Line(
                name,
                trials.stream().map(t -> t.candidate().parameters() / 1e6).toList(),
                trials.stream().map(loss::applyAsDouble).toList());
    }

    /** The candidates with all their numbers. */
    ArrayNode json() {
        ArrayNode all = JsonMapper.builder().build().createArrayNode();
        List<Trial> front = ParetoFront.of(outcome.trials(), loss);
        for (Trial trial : outcome.trials()) {
            ObjectNode json = all.addObject();
            CandidateJson.put(json, trial.candidate());
            json.put("expected_damage", trial.expectedDamage());
            json.put("pareto", front.contains(trial));
            put(json.putObject("zero_shot"), trial.zeroShot());
            for (Trial.Round round : trial.rounds()) {
                put(json.withArray("rounds").addObject().put("steps", round.steps()), round.quality());
            }
        }
        return all;
    }

    static void put(ObjectNode json, Quality quality) {
        if (quality.text().tokens() > 0) {
            json.put("tokens", quality.text().tokens());
            json.put("loss", quality.text().loss());
            json.put("kl", quality.text().kl());
            json.put("top1_agreement", quality.text().top1Agreement());
        }
        if (quality.choices().asked() > 0) {
            json.put("accuracy", quality.choices().share());
            json.put("questions", quality.choices().asked());
        }
    }
}
