package io.espalier.actors.quickstart;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.actors.report.Chart;
import io.espalier.actors.report.Interval;
import io.espalier.actors.report.Table;
import io.espalier.gpu.eval.Scores;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/** The report of a quickstart: one table, two charts, {@code report.md}. */
public final class QuickstartReport {
    private final Quickstart.Outcome outcome;

    public QuickstartReport(Quickstart.Outcome outcome) {
        this.outcome = outcome;
    }

    private List<Result> results() {
        return Stream.concat(
                        Stream.of(outcome.teacher()),
                        outcome.shapes().stream().flatMap(s -> Stream.of(s.pruned(), s.crossEntropy(), s.distilled())))
                .toList();
    }

    private Table table() {
        Table table =
                new Table("model", "parameters", "loss", "perplexity", "KL to teacher", "agreement", "tokens/s decode");
        for (Result result : results()) {
            Scores scores = result.scores();
            boolean teacher = result.equals(outcome.teacher());
            table.row(
                    result.name(),
                    Table.count(result.parameters()),
                    Table.number(scores.loss(), 4),
                    Table.number(scores.perplexity(), 2),
                    teacher ? "-" : Table.number(scores.kl(), 4),
                    teacher ? "-" : Table.number(100 * scores.top1Agreement(), 1) + " %",
                    Table.count(Math.round(result.decodeTokensPerSecond())));
        }
        return table;
    }

    public boolean passed() {
        return outcome.verdict().passed();
    }

    /** The table and the verdict, for a terminal. */
    public String text() {
        return table().toText() + "\n\n" + unigram() + "\n" + verdict();
    }

    private String unigram() {
        return String.format(
                Locale.ROOT,
                "A unigram model of the same text has loss %.4f. Loss and KL are nats per held-out token.",
                outcome.unigramLoss());
    }

    private String verdict() {
        return passed()
                ? "Verdict: passed. The teacher has learnt; each student is at most half as far from it as its pruned"
                        + " start, and nearer than the text alone brought it."
                : "Verdict: FAILED. " + String.join("; ", outcome.verdict().failures());
    }

    public ObjectNode json() {
        ObjectNode json = JsonMapper.builder().build().createObjectNode();
        json.put("passed", passed());
        json.put("unigram_loss", outcome.unigramLoss());
        outcome.verdict().failures().forEach(json.putArray("failures")::add);
        for (Result result : results()) {
            json.withArray("models")
                    .addObject()
                    .put("name", result.name().strip())
                    .put("path", result.directory().toString())
                    .put("parameters", result.parameters())
                    .put("loss", result.scores().loss())
                    .put("perplexity", result.scores().perplexity())
                    .put("kl", result.scores().kl())
                    .put("top1_agreement", result.scores().top1Agreement())
                    .put("decode_tokens_per_s", result.decodeTokensPerSecond());
        }
        return json;
    }

    /** Writes {@code report.md}, {@code kl.png} and {@code loss.png}. */
    public void write(Path directory) throws IOException {
        drawKl(directory.resolve("kl.png"));
        drawLoss(directory.resolve("loss.png"));
        StringBuilder text = new StringBuilder("# Quickstart\n\n");
        text.append(table().toMarkdown())
                .append("\n\n")
                .append(unigram())
                .append("\n\n")
                .append(verdict());
        text.append("\n\n![KL to the teacher](kl.png)\n\n![Loss while training](loss.png)\n\n");
        text.append("Students, as Hugging Face directories:\n\n");
        outcome.shapes()
                .forEach(shape -> text.append("- `")
                        .append(shape.distilled().directory().getFileName())
                        .append("`\n"));
        Files.writeString(directory.resolve("report.md"), text);
    }

    private void drawKl(Path png) {
        Map<String, List<Double>> series = new LinkedHashMap<>();
        List<String> categories = new ArrayList<>();
        for (Verdict.Shape shape : outcome.shapes()) {
            categories.add(shape.name());
            add(series, "pruned", shape.pruned());
            add(series, "cross entropy", shape.crossEntropy());
            add(series, "distilled", shape.distilled());
        }
        Chart.bars(png, "KL to the teacher, held-out text", "nats per token", categories, series);
    }

    private static void add(Map<String, List<Double>> series, String name, Result result) {
        series.computeIfAbsent(name, _ -> new ArrayList<>()).add(result.scores().kl());
    }

    private void drawLoss(Path png) {
        List<Chart.Line> lines = new ArrayList<>();
        outcome.curves().forEach((name, intervals) -> {
            if (name.startsWith("distilled")) {
                lines.add(new Chart.Line(
                        name,
                        intervals.stream().map(Interval::step).toList(),
                        intervals.stream().map(Interval::loss).toList()));
            }
        });
        Chart.lines(png, "KL to the teacher while distilling", "step", "nats per token", lines);
    }
}
