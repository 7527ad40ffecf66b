package io.espalier.actors.program;

import io.espalier.actors.host.StudentRun;
import io.espalier.actors.job.ComputeSettings;
import io.espalier.actors.job.Economy;
import io.espalier.actors.job.Features;
import io.espalier.actors.job.RunPlace;
import io.espalier.actors.job.SharedVocabulary;
import io.espalier.actors.job.TeacherRank;
import io.espalier.actors.job.TrainRequest;
import io.espalier.actors.protocol.JobProgress;
import io.espalier.actors.rank.RankFactory;
import io.espalier.actors.rank.RankPlace;
import io.espalier.gpu.checkpoint.ModelDirectory;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A student learns from its teacher on stored text.
 *
 * @param features what is learnt of hidden states besides
 * @param data files and directories of training text
 * @param weights of files by name; none for the share of each file's size
 * @param recompute whether the student runs its layers again for their gradients
 * @param teacherCache where what the teacher says is kept
 * @param logEvery steps between two lines
 */
public record Distill(
        Path teacher,
        Path student,
        Loss loss,
        Optional<Features> features,
        Text text,
        List<Path> data,
        List<Text.Weight> weights,
        ComputeSettings compute,
        long steps,
        TrainRequest.Schedule schedule,
        HeldOutFiles validation,
        Checkpoints checkpoints,
        boolean recompute,
        Optional<TeacherCache> teacherCache,
        Output output,
        long logEvery)
        implements Job {
    /** The directory that keeps what a teacher says, up to so many bytes. */
    public record TeacherCache(Path directory, long bytes) {}

    public Distill {
        data = List.copyOf(data);
        weights = List.copyOf(weights);
    }

    /** The run that the job is, with the files that there are now. */
    public TrainRequest request() {
        int vocabSize = SharedVocabulary.size(student, teacher);
        return new TrainRequest(
                new TrainRequest.Start.Stored(student),
                teacher,
                loss.mix(),
                features.orElse(Features.NONE),
                text.of(data, weights, vocabSize),
                compute,
                steps,
                schedule,
                validation.validation(text, vocabSize),
                checkpoints.settings(),
                teacherCache
                        .map(cache -> new Economy(recompute, cache.directory, cache.bytes))
                        .orElse(new Economy(recompute, null, 0)),
                output.out(),
                output.maxShardBytes());
    }

    @Override
    public void check() {
        checkpoints.require();
        request();
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
        return new StudentSession(request(rank).resuming(), logEvery, place, onProgress);
    }

    private TrainRequest request(RankPlace rank) {
        TrainRequest request = request();
        return request.on(compute.at(rank.device(), rank.threads()));
    }
}
