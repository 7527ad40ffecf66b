package io.espalier.actors.program;

import io.espalier.actors.continual.ContinualRequest;
import io.espalier.actors.continual.LiveText;
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
 * A student is kept close to its teacher on live text, without end.
 *
 * @param features what is learnt of hidden states besides
 * @param live where text comes from, what is replayed, what counts as drift and what is published
 * @param maxSteps steps after which the run parks itself; 0 for never
 * @param recompute whether the student runs its layers again for their gradients
 * @param logEvery steps between two lines
 */
public record Continual(
        Path teacher,
        Path student,
        Loss loss,
        Optional<Features> features,
        Text text,
        LiveText live,
        ComputeSettings compute,
        long maxSteps,
        TrainRequest.Schedule schedule,
        HeldOutFiles validation,
        Checkpoints checkpoints,
        boolean recompute,
        Output output,
        long logEvery)
        implements Job {
    /** The run that the job is. */
    public ContinualRequest request() {
        int vocabSize = SharedVocabulary.size(student, teacher);
        TrainRequest training = new TrainRequest(
                new TrainRequest.Start.Stored(student),
                teacher,
                loss.mix(),
                features.orElse(Features.NONE),
                text.of(List.of(), vocabSize),
                compute,
                maxSteps == 0 ? Long.MAX_VALUE : maxSteps,
                schedule,
                validation.validation(text, vocabSize),
                checkpoints.settings(),
                new Economy(recompute, null, 0),
                output.out(),
                output.maxShardBytes());
        return ContinualRequest.of(training, live, logEvery);
    }

    @Override
    public void check() {
        checkpoints.require();
        request();
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
        return request.with(request.training().on(compute.at(rank.device(), rank.threads())));
    }
}
