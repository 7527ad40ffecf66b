package io.espalier.actors.program;

import io.espalier.actors.continual.ContinualRequest;
import io.espalier.actors.continual.ContinualRun;
import io.espalier.actors.job.RunPlace;
import io.espalier.actors.protocol.CoordinatorProtocol.Outcome;
import io.espalier.actors.protocol.JobProgress;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A run on live text as a rank of a cluster has it. */
public final class ContinualSession extends PlacedRun {
    private static final Logger LOG = LoggerFactory.getLogger(ContinualSession.class);
    /** The number of steps that stands for a run without end. */
    private static final long NO_END = 0;

    private final ContinualRequest request;
    private final Consumer<JobProgress> onProgress;

    public ContinualSession(ContinualRequest request, RunPlace place, Consumer<JobProgress> onProgress) {
        super(place);
        this.request = request;
        this.onProgress = onProgress;
    }

    @Override
    public Outcome run() {
        try (place;
                ContinualRun run = new ContinualRun(request, place, LOG::info)) {
            ProgressTeller teller = new ProgressTeller(NO_END, place.teachers(), run::besidesNanos, onProgress);
            long steps = run.run(teller::accept);
            return run.isParked() ? new Outcome.Parked(steps) : new Outcome.Completed(steps, true);
        } catch (Throwable e) {
            return FailedRun.outcome(e);
        }
    }

    /** Has a signal park a run of this process, and wait until that is done; to be forgotten when the run has ended. */
    public static Thread parkOnSignal(ContinualRun run) {
        Thread hook = new Thread(
                () -> {
                    System.err.println("\nespalier: parking after the step in flight; --resume goes on from there");
                    run.park();
                    run.awaitClosed();
                },
                "park-on-signal");
        Runtime.getRuntime().addShutdownHook(hook);
        return hook;
    }
}
