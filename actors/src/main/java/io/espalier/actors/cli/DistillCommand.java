package io.espalier.actors.cli;

import io.espalier.actors.job.TrainRequest;
import io.espalier.actors.program.Distill;
import io.espalier.actors.program.DistributedRun;
import io.espalier.actors.program.TrainingSession;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "distill",
        description =
                "Teaches a student to answer like its teacher: by any mix of divergences over the vocabulary, forward"
                        + " KL unless told otherwise.",
        footer = {
            "",
            "Examples:",
            "  espalier distill --teacher models/teacher --student out/depth --data tech.jsonl.gz --steps 400 \\",
            "      --out out/student",
            "  espalier distill --teacher models/teacher --student out/depth --data text/ --loss forward-kl,ce=0.2 \\",
            "      --temperature 2 --out out/mixed",
            "  espalier distill --teacher models/teacher --student out/depth --data text/ --steps 4000 \\",
            "      --teacher-cache cache/teacher --out out/longer",
            "  espalier distill --teacher models/teacher --student out/depth --data text/ --teacher-ranks 2 \\",
            "      --out out/supervised"
        })
final class DistillCommand implements Callable<Integer>, DescribesJob {
    @Mixin
    private TextOptions text;

    @Mixin
    private LossOptions loss;

    @Mixin
    private FeatureOptions features;

    @Mixin
    private TeacherCacheOptions teacherCache;

    @Mixin
    private TrainOptions training;

    @Mixin
    private ValidationOptions validation;

    @Mixin
    private CheckpointOptions checkpoints;

    @Mixin
    private OutputOptions output;

    @Mixin
    private TeacherRankOptions ranks;

    @Mixin
    private ComputeOptions compute;

    @Mixin
    private CommonOptions common;

    @Option(names = "--teacher", required = true, paramLabel = "DIR", description = "The model to learn from.")
    private Path teacher;

    @Option(names = "--student", required = true, paramLabel = "DIR", description = "The model that learns.")
    private Path student;

    @Override
    public Integer call() throws Exception {
        Distill job = job();
        RunReport report = new RunReport(common, output.out, teacher);
        if (teachers() > 0) {
            return report.print(new DistributedRun(Main.WIRING, job, checkpoints.resume, teachers(), stages()).run());
        }
        TrainRequest request = checkpoints.resume ? job.request().resuming() : job.request();
        return report.print(TrainingSession.run("distill", request, job.logEvery()));
    }

    @Override
    public int teachers() {
        return ranks.teachers();
    }

    @Override
    public int stages() {
        return ranks.stages();
    }

    @Override
    public Distill job() {
        return new Distill(
                teacher,
                student,
                loss.loss(),
                features.features(),
                text.text(),
                training.data,
                training.weights(),
                compute.settings(),
                training.steps(text),
                training.schedule(text),
                validation.heldOut(),
                checkpoints.checkpoints(),
                training.recompute,
                teacherCache.cache(),
                output.output(),
                training.logEvery);
    }
}
