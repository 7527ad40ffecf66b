package io.espalier.actors.pruning;

import io.espalier.actors.report.Chart;
import io.espalier.actors.report.Table;
import io.espalier.gpu.prune.DepthCriterion;
import io.espalier.gpu.prune.Importance;
import io.espalier.gpu.prune.PruningPlan;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** The part of a report that says what mattered, layer by layer, and what was kept of it. */
final class ImportanceSection {
    private static final int POINTS = 200;

    private final Importance importance;
    private final PruningPlan plan;

    ImportanceSection(Importance importance, PruningPlan plan) {
        this.importance = importance;
        this.plan = plan;
    }

    /** Draws its charts below {@code directory} and gives the text that shows them. */
    String write(Path directory, String link) {
        drawDepth(directory.resolve("depth.png"));
        drawWidth(directory.resolve("width.png"));
        return "## Importance\n\n"
                + "Shares are of the sum of squared scores that what is kept holds; depth is "
                + depthTitle()
                + ".\n\n"
                + table().toMarkdown()
                + "\n\nOf the " + plan.source().hidden() + " channels of the residual stream "
                + plan.hidden().size()
                + " stay, with "
                + percent(share(importance.hidden(), plan.hidden()))
                + " of the squared scores.\n\n"
                + "![Importance of layers](" + link + "/depth.png)\n\n"
                + "![Importance of widths](" + link + "/width.png)\n\n";
    }

    private String depthTitle() {
        return switch (importance.depth().criterion()) {
            case BLOCK_INFLUENCE, CONTIGUOUS -> "block influence, 1 - cosine of a layer's input and output";
            case LEAVE_ONE_OUT -> "perplexity of the calibration text without the layer";
        };
    }

    private Table table() {
        Table table = new Table("layer", "depth", "kept", "ffn", "query heads", "key-value heads");
        for (int layer = 0; layer < plan.source().layers(); layer++) {
            int at = plan.layers().indexOf(layer);
            String depth = Table.number(importance.depth().layers()[layer], 4);
            if (at < 0) {
                table.row(Integer.toString(layer), depth, "no", "-", "-", "-");
            } else {
                table.row(
                        Integer.toString(layer),
                        depth,
                        "yes",
                        percent(share(importance.ffn()[layer], plan.ffn().get(at))),
                        percent(share(importance.heads()[layer], plan.heads().get(at))),
                        percent(share(importance.groups()[layer], plan.groups().get(at))));
            }
        }
        return table;
    }

    private static String percent(double share) {
        return Table.number(100 * share, 1) + " %";
    }

    private static double share(double[] scores, List<Integer> kept) {
        double all = Arrays.stream(scores).map(s -> s * s).sum();
        double part = kept.stream().mapToDouble(i -> scores[i] * scores[i]).sum();
        return all > 0 ? part / all : 1;
    }

    private void drawDepth(Path png) {
        double[] scores = importance.depth().layers();
        List<String> layers = new ArrayList<>();
        List<Double> kept = new ArrayList<>();
        List<Double> dropped = new ArrayList<>();
        for (int layer = 0; layer < scores.length; layer++) {
            boolean stays = plan.layers().contains(layer);
            layers.add(Integer.toString(layer));
            kept.add(stays ? scores[layer] : null);
            dropped.add(stays ? null : scores[layer]);
        }
        Map<String, List<Double>> series = new LinkedHashMap<>();
        series.put("kept", kept);
        if (plan.layers().size() < scores.length) {
            series.put("dropped", dropped);
        }
        String title = importance.depth().criterion() == DepthCriterion.LEAVE_ONE_OUT
                ? "perplexity without the layer"
                : "block influence";
        Chart.partition(png, "Layers", title, layers, series);
    }

    /** Scores as shares of the largest, best first; of those that differ by layer, the mean over layers. */
    private void drawWidth(Path png) {
        List<Chart.Line> lines = new ArrayList<>();
        lines.add(curve(
                "residual channels",
                new double[][] {importance.hidden()},
                plan.hidden().size()));
        lines.add(curve("mlp neurons", importance.ffn(), plan.ffn().getFirst().size()));
        lines.add(
                curve("query heads", importance.heads(), plan.heads().getFirst().size()));
        Chart.lines(png, "Widths", "rank, % of the axis", "score / best score", lines);
    }

    private static Chart.Line curve(String name, double[][] layers, int kept) {
        int size = layers[0].length;
        int points = Math.min(POINTS, size);
        double[] mean = new double[points];
        for (double[] layer : layers) {
            double[] sorted = Arrays.stream(layer).sorted().toArray();
            double best = sorted[size - 1] > 0 ? sorted[size - 1] : 1;
            for (int p = 0; p < points; p++) {
                mean[p] += sorted[size - 1 - p * size / points] / best / layers.length;
            }
        }
        return new Chart.Line(
                name + ": " + kept + " of " + size,
                IntStream.range(0, points).mapToObj(p -> 100.0 * p / points).toList(),
                Arrays.stream(mean).boxed().toList());
    }
}
