package io.espalier.actors.cli;

import io.espalier.actors.host.StudentRun;
import io.espalier.actors.job.RunPlace;
import io.espalier.actors.job.SharedVocabulary;
import io.espalier.actors.job.TeacherRank;
import io.espalier.actors.job.TrainRequest;
import io.espalier.actors.program.DistributedRun;
import io.espalier.actors.program.StudentSession;
import io.espalier.actors.program.TrainingSession;
import io.espalier.actors.protocol.JobProgress;
import io.espalier.actors.protocol.JobSpec;
import io.espalier.actors.rank.RankFactory;
import io.espalier.actors.rank.RankPlace;
import io.espalier.gpu.Refused;
import io.espalier.gpu.checkpoint.ModelDirectory;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

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
final class DistillCommand implements Callable<Integer>, RankedCommand {
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

    @Spec
    private CommandSpec spec;

    @Option(names = "--teacher", required = true, paramLabel = "DIR", description = "The model to learn from.")
    private Path teacher;

    @Option(names = "--student", required = true, paramLabel = "DIR", description = "The model that learns.")
    private Path student;

    @Override
    public Integer call() throws Exception {
        TrainRequest request = request();
        RunReport report = new RunReport(common, request.out());
        if (ranks.remote()) {
            List<String> arguments = spec.root().commandLine().getParseResult().originalArgs();
            int all = ranks.teachers * ranks.stages;
            return report.print(new DistributedRun(Main.WIRING, request, all, id -> ranks.job(id, arguments)).run());
        }
        return report.print(TrainingSession.run("distill", request, training.logEvery));
    }

    private TrainRequest request() {
        int vocabSize = SharedVocabulary.size(student, teacher);
        return new TrainRequest(
                new TrainRequest.Start.Stored(student),
                teacher,
                loss.mix(),
                features.settings(),
                text.settings(training.data, vocabSize).weighted(training.weights),
                compute.settings(),
                training.steps(text),
                training.schedule(text),
                validation.settings(text, vocabSize),
                checkpoints.settings(),
                teacherCache.economy(training.recompute),
                output.out,
                output.maxShardBytes());
    }

    @Override
    public JobSpec job(String id, List<String> arguments, Path directory) {
        if (checkpoints.settings().every() == 0) {
            throw new Refused(
                    Refused.Reason.VALIDATION,
                    "job " + id + ": checkpoint-every is 0: a student that dies must find a checkpoint to go on from");
        }
        request();
        ranks.remote();
        return new JobSpec(id, arguments, directory, ranks.teachers, ranks.stages);
    }

    TeacherRankOptions ranks() {
        return ranks;
    }

    @Override
    public RankFactory teacher(RankPlace rank, int stage, int stages) {
        return TeacherRank.of(request(rank), stage, stages);
    }

    @Override
    public String teacherDigest() {
        return ModelDirectory.digestOf(teacher);
    }

    @Override
    public StudentRun student(RankPlace rank, RunPlace place, Consumer<JobProgress> onProgress) {
        return new StudentSession(request(rank).resuming(), training.logEvery, place, onProgress);
    }

    private TrainRequest request(RankPlace rank) {
        TrainRequest request = request();
        return request.on(request.compute().at(rank.device(), rank.threads()));
    }
}
