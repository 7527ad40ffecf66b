package io.espalier.actors.program;

import io.espalier.actors.job.RunPlace;
import io.espalier.actors.job.TrainRequest;
import io.espalier.actors.job.Training;
import io.espalier.actors.protocol.CoordinatorProtocol.Outcome;
import io.espalier.actors.protocol.JobProgress;
import java.util.function.Consumer;

/** A run as a rank of a cluster has it: no terminal, and an end that is told instead of printed. */
public final class StudentSession extends PlacedRun {
    private final TrainRequest request;
    private final long logEvery;
    private final Consumer<JobProgress> onProgress;

    public StudentSession(TrainRequest request, long logEvery, RunPlace place, Consumer<JobProgress> onProgress) {
        super(place);
        this.request = request;
        this.logEvery = logEvery;
        this.onProgress = onProgress;
    }

    @Override
    public Outcome run() {
        try (place) {
            // An earlier process may have died between the model and its word of it.
            if (Training.isDone(request)) {
                return new Outcome.Completed(request.steps(), false);
            }
            TrainingSession.Result result =
                    TrainingSession.run("distill", request, logEvery, place, _ -> {}, onProgress);
            return result.parked()
                    ? new Outcome.Parked(result.steps())
                    : new Outcome.Completed(result.steps(), result.steps() < request.steps());
        } catch (Throwable e) {
            return FailedRun.outcome(e);
        }
    }
}
