package io.espalier.actors.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.actors.choices.Accuracy;
import io.espalier.actors.choices.MultipleChoice;
import io.espalier.actors.choices.Question;
import io.espalier.actors.job.ModelScorer;
import io.espalier.actors.report.Progress;
import io.espalier.actors.report.Table;
import io.espalier.actors.tasks.BenchmarkTable;
import io.espalier.actors.tasks.Benchmarks;
import io.espalier.gpu.Refused;
import io.espalier.gpu.eval.Scores;
import io.espalier.gpu.model.ModelConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "eval",
        description = "Scores a model on text: mean loss in nats per token and perplexity; with a teacher also "
                + "KL(teacher || model) and how often both find the same token likeliest. Or on multiple choice: the "
                + "share of questions whose right letter it finds likeliest, with its 95 %% interval. Or on public "
                + "benchmarks from local files, with their standard errors; with a teacher, both side by side.",
        footer = {
            "",
            "Examples:",
            "  espalier eval --model out/student --teacher models/teacher --data heldout.jsonl.gz --seq-length 256",
            "  espalier eval --model out/student --choices mmlu/test.jsonl --shots 5 --examples mmlu/dev.jsonl",
            "  espalier eval --model out/student --teacher models/teacher --tasks arc_easy,hellaswag --task-data data/"
        })
final class EvalCommand implements Callable<Integer> {
    @Mixin
    private TextOptions text;

    @Mixin
    private ChoiceOptions choices;

    @Mixin
    private TaskOptions tasks;

    @Mixin
    private ComputeOptions compute;

    @Mixin
    private CommonOptions common;

    @Option(names = "--model", required = true, paramLabel = "DIR", description = "The model to score.")
    private Path model;

    @Option(names = "--teacher", paramLabel = "DIR", description = "The model to compare it with.")
    private Path teacher;

    @Option(names = "--data", arity = "1..*", paramLabel = "FILE", description = "Text to score on.")
    private List<Path> data;

    /** Whether the loss is a number. */
    private boolean finite = true;

    @Override
    public Integer call() {
        if (data == null && !choices.named() && !tasks.named()) {
            throw new Refused(Refused.Reason.USAGE, "eval needs --data, --choices or --tasks, or some of them");
        }
        ObjectNode json = CommonOptions.object();
        List<String> shown = new ArrayList<>();
        if (data != null) {
            shown.add(text(json).toText());
        }
        if (choices.named()) {
            shown.add(choices(json).toText());
        }
        if (tasks.named()) {
            shown.add(tasks(json).toText());
        }
        common.print(json, String.join("\n\n", shown));
        if (!finite) {
            throw Refused.invalid(model, "loss", "not a number", "must be finite: its weights are damaged");
        }
        return 0;
    }

    private Table text(ObjectNode json) {
        int vocabSize = ModelConfig.read(model).vocabSize();
        Scores scores;
        try (Progress progress = new Progress("tokens", 0)) {
            scores =
                    ModelScorer.score(model, teacher, text.settings(data, vocabSize), compute.settings(), progress::at);
        }
        finite = Double.isFinite(scores.loss());
        json.put("tokens", scores.tokens());
        json.put("loss", scores.loss());
        json.put("perplexity", scores.perplexity());
        Table table = new Table("measure", "value")
                .row("tokens", Table.count(scores.tokens()))
                .row("loss", Table.number(scores.loss(), 4))
                .row("perplexity", Table.number(scores.perplexity(), 2));
        if (teacher != null) {
            json.put("kl", scores.kl());
            json.put("top1_agreement", scores.top1Agreement());
            json.put("teacher_loss", scores.teacherLoss());
            table.row("kl", Table.number(scores.kl(), 4))
                    .row("top-1 agreement", Table.number(scores.top1Agreement(), 4))
                    .row("teacher loss", Table.number(scores.teacherLoss(), 4));
        }
        return table;
    }

    private Table choices(ObjectNode json) {
        SortedMap<String, Accuracy> bySubject;
        List<Question> questions = choices.questions();
        long answers = questions.stream().mapToLong(q -> q.choices().size()).sum();
        try (Progress progress = new Progress("choices", answers)) {
            bySubject = ModelScorer.choices(
                    model, questions, choices.prompt(), text.batch, compute.settings(), progress::at);
        }
        Accuracy total = MultipleChoice.total(bySubject);
        Table table = new Table("subject", "questions", "accuracy %", "95 % from", "to", "truncated");
        if (bySubject.size() > 1) {
            bySubject.forEach((subject, accuracy) -> {
                row(table, subject, accuracy);
                put(json.withObject("/subjects").putObject(subject), accuracy);
            });
        }
        row(table, "all", total);
        put(json, total);
        return table;
    }

    private Table tasks(ObjectNode json) {
        Benchmarks benchmarks = new Benchmarks(
                Benchmarks.read(tasks.tasks, tasks.settings(choices.shots, text)),
                compute.settings(),
                choices.beginning,
                text.batch,
                tasks.log);
        Benchmarks.Results results;
        try (Progress progress = new Progress("questions", benchmarks.questions() * (teacher == null ? 1 : 2))) {
            results = benchmarks.ask(model, teacher, progress::at);
        }
        BenchmarkTable.put(json, results);
        return BenchmarkTable.table(results);
    }

    private static void row(Table table, String subject, Accuracy accuracy) {
        table.row(
                subject,
                Table.count(accuracy.asked()),
                Table.number(100 * accuracy.share(), 2),
                Table.number(100 * accuracy.low(), 2),
                Table.number(100 * accuracy.high(), 2),
                Table.count(accuracy.truncated()));
    }

    private static void put(ObjectNode json, Accuracy accuracy) {
        json.put("accuracy", accuracy.share());
        json.put("accuracy_low", accuracy.low());
        json.put("accuracy_high", accuracy.high());
        json.put("questions", accuracy.asked());
        json.put("truncated", accuracy.truncated());
    }
}
