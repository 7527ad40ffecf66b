package io.espalier.actors.cli;

import io.espalier.actors.program.Calibrate;
import io.espalier.actors.program.StagedCalibrator;
import io.espalier.actors.pruning.CalibrationText;
import io.espalier.actors.pruning.Calibrator;
import io.espalier.actors.pruning.Goal;
import io.espalier.actors.pruning.PlanRun;
import io.espalier.actors.pruning.PruneOutcome;
import io.espalier.actors.pruning.PruneReport;
import io.espalier.actors.pruning.PruneRequest;
import io.espalier.actors.pruning.PruneRun;
import io.espalier.gpu.Refused;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.StageSplit;
import io.espalier.gpu.prune.ArchitectureSearch.Budget;
import io.espalier.gpu.prune.CalibrationStage;
import io.espalier.gpu.prune.PruningTargets;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "prune",
        description = "Cuts a model down: to sizes named (--layers, --hidden, ...), or to the best shape found within a"
                + " budget (--target-...). What stays is chosen by activation importance on calibration text.",
        footer = {
            "",
            "Examples:",
            "  espalier prune --model models/teacher --layers 6 --calibration tech.jsonl.gz --out out/depth",
            "  espalier prune --model models/teacher --drop-layers 3,5 --out out/by-hand",
            "  espalier prune --model models/Qwen3-8B --target-params 6e9 --calibration wiki.jsonl.gz \\",
            "      --scores qwen3-8b.scores --heldout wiki-heldout.jsonl.gz --out out/six",
            "  espalier prune --model models/Qwen3-8B --layers 30 --calibration wiki.jsonl.gz --teacher-stages 4 \\",
            "      --out out/thirty",
            "  espalier prune --model models/teacher --plan out/depth/plan.json --out out/again"
        })
final class PruneCommand implements Callable<Integer> {
    @Mixin
    private TextOptions text;

    @Mixin
    private TargetOptions target;

    @Mixin
    private SearchOptions search;

    @Mixin
    private ImportanceOptions importance;

    @Mixin
    private ComparisonOptions comparison;

    @Mixin
    private RepairOptions repair;

    @Mixin
    private OutputOptions output;

    @Mixin
    private ComputeOptions compute;

    @Mixin
    private CommonOptions common;

    @Option(names = "--model", required = true, paramLabel = "DIR", description = "The model to prune.")
    private Path model;

    @Option(
            names = "--calibration",
            arity = "1..*",
            paramLabel = "FILE",
            description = "Text to measure importance on.")
    private List<Path> calibration;

    @Option(names = "--samples", description = "Rows of calibration.")
    private long samples;

    @Option(names = "--serve-batch", description = SearchOptions.SERVE_BATCH)
    private int serveBatch;

    @Option(names = "--serve-length", description = SearchOptions.SERVE_LENGTH)
    private int serveLength;

    @Option(
            names = "--plan",
            paramLabel = "FILE",
            description = "Apply this plan.json, and the refitted weights beside it, instead of choosing.")
    private Path plan;

    @Option(
            names = "--teacher-stages",
            paramLabel = "S",
            description =
                    "Calibrate with the layers spread over S processes in a row, none of which holds the whole model:"
                            + " the same scores. Needs --depth block-influence.")
    private int stages;

    @Option(names = "--dry-run", description = "Say what would be written and write only the file of --scores.")
    private boolean dryRun;

    @Override
    public Integer call() throws Exception {
        ModelConfig config = ModelConfig.read(model);
        Budget serving = SearchOptions.serving(config, serveBatch, serveLength);
        PruneOutcome outcome = plan == null ? choose(config, serving) : apply(serving);
        PruneReport report = new PruneReport(outcome);
        String written = dryRun ? "nothing is written: --dry-run" : "written to " + output.out;
        common.print(report.json().put("dry_run", dryRun), report.text() + "\n" + written);
        if (!dryRun) {
            String pruned = NextSteps.word(output.out);
            NextSteps.say(
                    common,
                    output.out,
                    List.of(
                            "espalier distill --teacher " + NextSteps.word(model) + " --student " + pruned
                                    + " --data TEXT --out STUDENT",
                            "espalier eval --model " + pruned + " --teacher " + NextSteps.word(model)
                                    + " --data HELDOUT"));
        }
        return 0;
    }

    private PruneOutcome apply(Budget serving) {
        if (!target.targets().none()
                || search.named()
                || calibration != null
                || importance.scores != null
                || stages != 1) {
            throw Refused.usage(
                    "--plan",
                    plan,
                    "is complete: excludes targets, budgets, --calibration, --scores and --teacher-stages");
        }
        return PlanRun.run(model, plan, serving, output.out, output.maxShardBytes(), dryRun);
    }

    private PruneOutcome choose(ModelConfig config, Budget serving) throws IOException {
        StageSplit.of(config, stages);
        PruneRequest request = new PruneRequest(
                model,
                goal(serving),
                importance.settings(),
                calibration == null ? null : calibrationText(config),
                importance.scores,
                repair.repairs(calibration != null),
                repair.settings(),
                comparison.settings(text, config.vocabSize()),
                serving,
                compute.settings(),
                output.out,
                output.maxShardBytes());
        return new PruneRun(request, calibrator(request), line -> System.err.println("espalier: " + line)).run(dryRun);
    }

    private CalibrationText calibrationText(ModelConfig config) {
        return new CalibrationText(text.settings(calibration, config.vocabSize()), samples);
    }

    private Calibrator calibrator(PruneRequest request) {
        if (stages == 1) {
            return Calibrator.HERE;
        }
        if (calibration == null) {
            throw Refused.usage("--teacher-stages", stages, "needs --calibration, the text that the stages read");
        }
        CalibrationStage.check(request.importance().depth());
        return new StagedCalibrator(Main.WIRING, stages, this::calibration);
    }

    private Calibrate calibration(Path scores) {
        return new Calibrate(model, text.text(), calibration, samples, compute.settings(), scores);
    }

    private Goal goal(Budget serving) {
        PruningTargets targets = target.targets();
        if (!search.named()) {
            return new Goal.Explicit(targets);
        }
        if (!targets.none()) {
            throw new Refused(
                    Refused.Reason.USAGE,
                    "--target-params, --target-memory and --target-latency: exclude --layers, --drop-layers, --hidden,"
                            + " --ffn, --heads, --query-groups and --experts");
        }
        return search.goal(serving);
    }
}
