package io.espalier.actors.program;

import io.espalier.actors.host.StudentRun;
import io.espalier.actors.job.RunPlace;
import io.espalier.actors.job.TrainRequest;
import io.espalier.actors.job.Training;
import io.espalier.actors.protocol.CoordinatorProtocol.Outcome;
import io.espalier.actors.protocol.JobOrder;
import io.espalier.actors.protocol.JobProgress;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A run as a rank of a cluster has it: no terminal, and an end that is told instead of printed. */
public final class StudentSession implements StudentRun {
    private static final Logger LOG = LoggerFactory.getLogger(StudentSession.class);

    private final TrainRequest request;
    private final long logEvery;
    private final RunPlace place;
    private final Consumer<JobProgress> onProgress;
    /** Null before the run has begun. */
    private final AtomicReference<Training> training = new AtomicReference<>();

    private final AtomicBoolean drained = new AtomicBoolean();
    private final AtomicBoolean parked = new AtomicBoolean();

    public StudentSession(TrainRequest request, long logEvery, RunPlace place, Consumer<JobProgress> onProgress) {
        this.request = request;
        this.logEvery = logEvery;
        this.place = place;
        this.onProgress = onProgress;
    }

    @Override
    public Outcome run() {
        try {
            // An earlier process may have died between the model and its word of it.
            if (Training.isDone(request)) {
                place.close();
                return new Outcome.Completed(request.steps(), false);
            }
            TrainingSession.Result result =
                    TrainingSession.run("distill", request, logEvery, place, this::begun, onProgress);
            return training.get().isParked()
                    ? new Outcome.Parked(result.steps())
                    : new Outcome.Completed(result.steps(), result.steps() < request.steps());
        } catch (Throwable e) {
            return FailedRun.outcome(e);
        }
    }

    private void begun(Training run) {
        training.set(run);
        if (parked.get()) {
            run.park();
        } else if (drained.get()) {
            stopAside(run);
        }
    }

    @Override
    public void drain() {
        drained.set(true);
        Training run = training.get();
        if (run != null) {
            stopAside(run);
        }
    }

    /** Stopping waits for the run to end, which neither the run itself may do nor an actor. */
    private static void stopAside(Training run) {
        Thread.ofVirtual().name("drain").start(() -> TrainingSession.stop(run));
    }

    @Override
    public void park() {
        parked.set(true);
        Training run = training.get();
        if (run != null) {
            run.park();
        }
    }

    @Override
    public void order(JobOrder order) {
        LOG.error("refused {}: only a continual job takes orders", order);
    }
}
