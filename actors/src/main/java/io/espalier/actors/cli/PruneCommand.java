package io.espalier.actors.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.actors.job.Pruning;
import io.espalier.actors.report.Progress;
import io.espalier.actors.report.Table;
import io.espalier.gpu.Refused;
import io.espalier.gpu.checkpoint.ModelDirectory;
import io.espalier.gpu.checkpoint.StagedDirectory;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.prune.Importance;
import io.espalier.gpu.prune.Pruner;
import io.espalier.gpu.prune.PruningPlan;
import io.espalier.gpu.prune.PruningTargets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "prune",
        description = "Cuts a model down by depth (--layers, --drop-layers) and width (--hidden, --ffn, --heads). "
                + "What stays is chosen by activation importance on calibration text.",
        footer = {
            "",
            "Examples:",
            "  espalier prune --model models/teacher --layers 6 --calibration tech.jsonl.gz --out out/depth",
            "  espalier prune --model models/teacher --ffn 576 --hidden 192 --calibration text/ --out out/width",
            "  espalier prune --model models/teacher --drop-layers 3,5 --out out/by-hand"
        })
final class PruneCommand implements Callable<Integer> {
    @Mixin
    private CommonOptions common;

    @Mixin
    private ComputeOptions compute;

    @Mixin
    private TextOptions text;

    @Mixin
    private OutputOptions output;

    @Option(names = "--model", required = true, paramLabel = "DIR", description = "The model to prune.")
    private Path model;

    @Option(names = "--layers", paramLabel = "N", description = "Layers that stay, by block influence.")
    private Integer layers;

    @Option(names = "--drop-layers", split = ",", paramLabel = "I", description = "Layers to remove, counted from 0.")
    private List<Integer> dropLayers;

    @Option(names = "--hidden", paramLabel = "N", description = "hidden_size of the pruned model.")
    private Integer hidden;

    @Option(names = "--ffn", paramLabel = "N", description = "intermediate_size of the pruned model.")
    private Integer ffn;

    @Option(names = "--heads", paramLabel = "N", description = "Query heads: a multiple of the key-value heads.")
    private Integer heads;

    @Option(
            names = "--calibration",
            arity = "1..*",
            paramLabel = "FILE",
            description = "Text to measure importance on.")
    private List<Path> calibration;

    @Option(names = "--samples", paramLabel = "N", description = "Rows of calibration (default: ${DEFAULT-VALUE}).")
    private long samples;

    @Option(names = "--plan", paramLabel = "FILE", description = "Apply this plan.json instead of choosing.")
    private Path plan;

    @Override
    public Integer call() throws Exception {
        boolean targeted = layers != null || dropLayers != null || hidden != null || ffn != null || heads != null;
        if (plan != null && targeted) {
            throw Refused.usage(
                    "--plan", plan, "is complete: excludes --layers, --drop-layers, --hidden, --ffn, --heads");
        }
        StagedDirectory.requireFree(output.out);
        try (ModelDirectory directory = ModelDirectory.open(model)) {
            PruningPlan chosen = plan == null ? choose(directory) : PruningPlan.read(plan);
            ModelConfig pruned = Pruner.prune(directory, chosen, output.out, output.maxShardBytes());
            print(directory.config(), pruned, chosen);
        }
        return 0;
    }

    private PruningPlan choose(ModelDirectory directory) {
        PruningTargets targets = new PruningTargets(layers, dropLayers, hidden, ffn, heads);
        targets.check(directory.config());
        Importance importance = targets.needImportance() ? calibrate(directory) : null;
        return PruningPlan.choose(directory.config(), targets, importance);
    }

    private Importance calibrate(ModelDirectory directory) {
        if (calibration == null) {
            throw new Refused(Refused.Reason.USAGE, "--calibration: names the text that importance is measured on");
        }
        if (samples < 1) {
            throw Refused.usage("--samples", samples, "must be at least 1");
        }
        try (Progress progress = new Progress("calibration rows", samples)) {
            return Pruning.calibrate(
                    directory,
                    text.settings(calibration, directory.config().vocabSize()),
                    samples,
                    compute.settings(),
                    progress::at);
        }
    }

    private void print(ModelConfig before, ModelConfig after, PruningPlan chosen) throws Exception {
        ObjectNode json = CommonOptions.object();
        json.put("parameters_before", before.parameters());
        json.put("parameters_after", after.parameters());
        json.set("plan", new ObjectMapper().valueToTree(chosen));
        Table table = new Table("", "before", "after")
                .row("parameters", Table.count(before.parameters()), Table.count(after.parameters()))
                .row("layers", Table.count(before.numHiddenLayers()), Table.count(after.numHiddenLayers()))
                .row("hidden_size", Table.count(before.hiddenSize()), Table.count(after.hiddenSize()))
                .row("intermediate_size", Table.count(before.intermediateSize()), Table.count(after.intermediateSize()))
                .row("query heads", Table.count(before.numAttentionHeads()), Table.count(after.numAttentionHeads()));
        common.print(json, table.toText() + "\nkept layers " + chosen.layers() + "\nwritten to " + output.out);
    }
}
