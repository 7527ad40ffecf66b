package io.espalier.actors.cli;

import io.espalier.actors.continual.ContinualRequest;
import io.espalier.actors.continual.ContinualRun;
import io.espalier.actors.host.StudentRun;
import io.espalier.actors.job.Economy;
import io.espalier.actors.job.RunPlace;
import io.espalier.actors.job.SharedVocabulary;
import io.espalier.actors.job.TeacherRank;
import io.espalier.actors.job.TrainRequest;
import io.espalier.actors.program.ContinualSession;
import io.espalier.actors.program.TrainingSession;
import io.espalier.actors.protocol.JobProgress;
import io.espalier.actors.protocol.JobSpec;
import io.espalier.actors.rank.RankFactory;
import io.espalier.actors.rank.RankPlace;
import io.espalier.actors.report.Table;
import io.espalier.gpu.Refused;
import io.espalier.gpu.checkpoint.ModelDirectory;
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
final class ContinualCommand implements Callable<Integer>, RankedCommand {
    @Mixin
    private CommonOptions common;

    @Mixin
    private ComputeOptions compute;

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
        } finally {
            TrainingSession.forget(hook);
        }
        return 0;
    }

    private ContinualRequest request() {
        int vocabSize = SharedVocabulary.size(student, teacher);
        TrainRequest training = new TrainRequest(
                new TrainRequest.Start.Stored(student),
                teacher,
                loss.mix(),
                features.settings(),
                text.settings(List.of(), vocabSize),
                compute.settings(),
                continual.steps(),
                continual.schedule(text),
                heldOut.settings(text, vocabSize),
                checkpoints.settings(),
                new Economy(continual.recompute, null, 0),
                output.out,
                output.maxShardBytes());
        return ContinualRequest.of(training, continual.live(), continual.logEvery);
    }

    @Override
    public JobSpec job(String id, List<String> arguments, Path directory) {
        if (checkpoints.settings().every() == 0) {
            throw new Refused(
                    Refused.Reason.VALIDATION,
                    "job " + id + ": checkpoint-every is 0: a student that dies must find a checkpoint to go on from");
        }
        request();
        return RankedCommand.super.job(id, arguments, directory);
    }

    @Override
    public RankFactory teacher(RankPlace rank, int stage, int stages) {
        return TeacherRank.of(request(rank).training(), stage, stages);
    }

    @Override
    public String teacherDigest() {
        return ModelDirectory.digestOf(teacher);
    }

    @Override
    public StudentRun student(RankPlace rank, RunPlace place, Consumer<JobProgress> onProgress) {
        ContinualRequest request = request(rank);
        return new ContinualSession(request.with(request.training().resuming()), place, onProgress);
    }

    private ContinualRequest request(RankPlace rank) {
        ContinualRequest request = request();
        TrainRequest training = request.training();
        return request.with(training.on(training.compute().at(rank.device(), rank.threads())));
    }
}
