package io.espalier.actors.card;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.actors.report.Table;
import io.espalier.gpu.LaxJson;
import io.espalier.gpu.Refused;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.prune.Compensation;
import io.espalier.gpu.prune.Pruner;
import io.espalier.gpu.prune.PruningPlan;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The cut that made a model, as the plan and the report beside it tell.
 *
 * @param plan null where no plan is known
 * @param report what {@code prune} has measured; a missing node where it has written no report
 */
record CutFacts(PruningPlan plan, JsonNode report) {
    static final CutFacts NONE = new CutFacts(null, LaxJson.mapper().missingNode());

    /** The report's place beside the plan. */
    private static final String REPORT = "pruning/report.json";

    /** Reads plan and report; a plan that cannot have made a model of this shape tells nothing of it. */
    static CutFacts read(Path model, ModelConfig config) {
        Path file = model.resolve(Pruner.PLAN_FILE);
        if (!Files.isRegularFile(file)) {
            return NONE;
        }
        try {
            PruningPlan plan = PruningPlan.read(file);
            return kept(plan).equals(PruningPlan.Shape.of(config))
                    ? new CutFacts(plan, LaxJson.readIfThere(model.resolve(REPORT)))
                    : NONE;
        } catch (Refused damaged) {
            return NONE;
        }
    }

    private static PruningPlan.Shape kept(PruningPlan plan) {
        return new PruningPlan.Shape(
                plan.layers().size(),
                plan.hidden().size(),
                plan.ffn().getFirst().size(),
                plan.heads().getFirst().size(),
                plan.groups().getFirst().size(),
                plan.experts().isEmpty() ? 0 : plan.experts().getFirst().size());
    }

    boolean known() {
        return plan != null;
    }

    /** The section of a card. */
    String section() {
        PruningPlan.Shape was = plan.source();
        PruningPlan.Shape is = kept(plan);
        StringBuilder text = new StringBuilder("\n## Pruning\n\nThe original's weights were cut to these sizes:\n\n");
        Table table = new Table("", "before", "after");
        row(table, "layers", was.layers(), is.layers());
        row(table, "hidden size", was.hidden(), is.hidden());
        row(table, "intermediate size", was.ffn(), is.ffn());
        row(table, "query heads", was.heads(), is.heads());
        row(table, "key-value heads", was.groups(), is.groups());
        row(table, "experts", was.experts(), is.experts());
        text.append(table.toMarkdown()).append('\n');
        if (is.layers() < was.layers()) {
            text.append("\nThe layers that stayed are, counted from 0: ")
                    .append(plan.layers().stream().map(String::valueOf).collect(Collectors.joining(", ")))
                    .append(".\n");
        }
        return text.append(compensated())
                .append(calibrated())
                .append(compared())
                .toString();
    }

    private static void row(Table table, String what, int was, int is) {
        if (was > 0) {
            table.row(what, Table.count(was), Table.count(is));
        }
    }

    private String compensated() {
        Compensation changes = plan.compensation();
        boolean gains = !changes.attentionGain().isEmpty();
        boolean refit = !changes.refit().isEmpty();
        if (!gains && !refit) {
            return "";
        }
        String what = gains && refit
                ? "The gains of norms and the output projections"
                : gains ? "The gains of norms" : "The output projections";
        return "\n" + what + " were fitted to make up for what was cut.\n";
    }

    private String calibrated() {
        JsonNode calibration = report.path("calibration");
        if (!calibration.path("tokens").isIntegralNumber()
                || !calibration.path("rows").isIntegralNumber()) {
            return "";
        }
        return "\nImportance was measured on "
                + Table.count(calibration.path("rows").longValue()) + " rows of text, "
                + Table.count(calibration.path("tokens").longValue()) + " tokens.\n";
    }

    /** The scores right after the cut. */
    private String compared() {
        JsonNode teacher = report.path("teacher");
        JsonNode cut = report.path("zero_shot");
        Table table = new Table("held-out text and questions", "before the cut", "after it");
        boolean any = false;
        for (Score score : List.of(
                new Score("loss", "loss, nats per token", 1, 4),
                new Score("kl", "KL to the original, nats per token", 1, 4),
                new Score("top1_agreement", "agreement with the original, %", 100, 1),
                new Score("accuracy", "right answers, %", 100, 1))) {
            JsonNode before = teacher.path(score.field);
            JsonNode after = cut.path(score.field);
            if (before.isNumber() && after.isNumber()) {
                any = true;
                table.row(score.called, score.of(before), score.of(after));
            }
        }
        return any
                ? "\nNothing had been learnt after the cut when this was measured:\n\n" + table.toMarkdown() + "\n"
                : "";
    }

    private record Score(String field, String called, double factor, int decimals) {
        String of(JsonNode value) {
            return Table.number(value.doubleValue() * factor, decimals);
        }
    }
}
