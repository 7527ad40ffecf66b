package io.espalier.actors.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.actors.job.ModelScorer;
import io.espalier.actors.report.Progress;
import io.espalier.actors.report.Table;
import io.espalier.gpu.eval.Scores;
import io.espalier.gpu.model.ModelConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "eval",
        description = "Scores a model on text: mean loss in nats per token and perplexity; with a teacher also "
                + "KL(teacher || model) and how often both find the same token likeliest.",
        footer = {
            "",
            "Example:",
            "  espalier eval --model out/student --teacher models/teacher --data heldout.jsonl.gz --seq-length 256"
        })
final class EvalCommand implements Callable<Integer> {
    @Mixin
    private CommonOptions common;

    @Mixin
    private ComputeOptions compute;

    @Mixin
    private TextOptions text;

    @Option(names = "--model", required = true, paramLabel = "DIR", description = "The model to score.")
    private Path model;

    @Option(names = "--teacher", paramLabel = "DIR", description = "The model to compare it with.")
    private Path teacher;

    @Option(names = "--data", required = true, arity = "1..*", paramLabel = "FILE", description = "Text to score on.")
    private List<Path> data;

    @Override
    public Integer call() {
        int vocabSize = ModelConfig.read(model).vocabSize();
        Scores scores;
        try (Progress progress = new Progress("tokens", 0)) {
            scores =
                    ModelScorer.score(model, teacher, text.settings(data, vocabSize), compute.settings(), progress::at);
        }
        ObjectNode json = CommonOptions.object();
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
        common.print(json, table.toText());
        return 0;
    }
}
