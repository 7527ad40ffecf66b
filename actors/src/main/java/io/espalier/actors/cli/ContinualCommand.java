package io.espalier.actors.cli;

import io.espalier.actors.continual.ContinualRequest;
import io.espalier.actors.continual.ContinualRun;
import io.espalier.actors.job.RunPlace;
import io.espalier.actors.program.Continual;
import io.espalier.actors.program.ContinualSession;
import io.espalier.actors.program.TrainingSession;
import io.espalier.actors.report.Table;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "continual",
        description =
                "Keeps a student close to its teacher on live text, without end: publishes it while it gets better,"
                        + " goes back where it has collapsed. A daemon runs it as a job; alone it runs until Ctrl-C parks"
                        + " it.",
        footer = {
            "",
            "Examples:",
            "  espalier continual --recipe config/recipes/continual-demo.conf",
            "  espalier continual --teacher models/teacher --student out/depth --validation heldout/*.jsonl \\",
            "      --live @live.conf --out out/live",
            "  espalier continual --recipe my.conf --resume"
        })
final class ContinualCommand implements Callable<Integer>, DescribesJob {
    @Mixin
    private TextOptions text;

    @Mixin
    private LossOptions loss;

    @Mixin
    private FeatureOptions features;

    @Mixin
    private ContinualOptions continual;

    @Mixin
    private HeldOutOptions heldOut;

    @Mixin
    private CheckpointOptions checkpoints;

    @Mixin
    private OutputOptions output;

    @Mixin
    private ComputeOptions compute;

    @Mixin
    private CommonOptions common;

    @Option(names = "--teacher", required = true, paramLabel = "DIR", description = "The model to learn from.")
    private Path teacher;

    @Option(names = "--student", required = true, paramLabel = "DIR", description = "The model that learns.")
    private Path student;

    @Override
    public Integer call() {
        ContinualRequest request = request();
        Thread hook = null;
        Consumer<String> say = System.err::println;
        try (ContinualRun run = new ContinualRun(request, RunPlace.alone(), say)) {
            hook = ContinualSession.parkOnSignal(run);
            long steps = run.run(_ -> {});
            common.print(
                    CommonOptions.object().put("steps", steps).put("out", output.out.toString()),
                    new Table("measure", "value")
                            .row("steps", Table.count(steps))
                            .row("out", output.out.toString())
                            .toText());
            NextSteps.say(common, output.out, List.of("the same command with --resume goes on from here"));
        } finally {
            TrainingSession.forget(hook);
        }
        return 0;
    }

    private ContinualRequest request() {
        ContinualRequest request = job().request();
        return checkpoints.resume ? request.with(request.training().resuming()) : request;
    }

    @Override
    public Continual job() {
        return new Continual(
                teacher,
                student,
                loss.loss(),
                features.features(),
                text.text(),
                continual.live(),
                compute.settings(),
                continual.maxSteps,
                continual.schedule(text),
                heldOut.heldOut(),
                checkpoints.checkpoints(),
                continual.recompute,
                output.output(),
                continual.logEvery);
    }
}
