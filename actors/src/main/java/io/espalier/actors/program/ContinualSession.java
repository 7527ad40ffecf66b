package io.espalier.actors.program;

import io.espalier.actors.continual.ContinualRequest;
import io.espalier.actors.continual.ContinualRun;
import io.espalier.actors.host.StudentRun;
import io.espalier.actors.job.RunPlace;
import io.espalier.actors.protocol.CoordinatorProtocol.Outcome;
import io.espalier.actors.protocol.JobOrder;
import io.espalier.actors.protocol.JobProgress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A run on live text as a rank of a cluster has it. What it is told before it has begun, it does as soon as it has. */
public final class ContinualSession implements StudentRun {
    private static final Logger LOG = LoggerFactory.getLogger(ContinualSession.class);
    /** Of a run without end. */
    private static final long NO_END = 0;

    private static final int MAX_EARLY = 32;

    private final ContinualRequest request;
    private final RunPlace place;
    private final Consumer<JobProgress> onProgress;

    private final List<Consumer<ContinualRun>> early = new ArrayList<>();
    /** Null before it has begun; guarded by this. */
    private ContinualRun running;

    public ContinualSession(ContinualRequest request, RunPlace place, Consumer<JobProgress> onProgress) {
        this.request = request;
        this.place = place;
        this.onProgress = onProgress;
    }

    @Override
    public Outcome run() {
        try (RunPlace _ = place;
                ContinualRun run = new ContinualRun(request, place, LOG::info)) {
            begun(run);
            ProgressTeller teller = new ProgressTeller(NO_END, place.teachers(), run::besidesNanos, onProgress);
            long steps = run.run(teller::accept);
            return run.isParked() ? new Outcome.Parked(steps) : new Outcome.Completed(steps, true);
        } catch (Throwable e) {
            return FailedRun.outcome(e);
        }
    }

    private synchronized void begun(ContinualRun run) {
        running = run;
        early.forEach(what -> what.accept(run));
        early.clear();
    }

    private synchronized void tell(Consumer<ContinualRun> what) {
        if (running != null) {
            what.accept(running);
        } else if (early.size() < MAX_EARLY) {
            early.add(what);
        } else {
            LOG.error("{} things are wanted of a run that has not begun: one more is refused", MAX_EARLY);
        }
    }

    @Override
    public void drain() {
        tell(run -> Thread.ofVirtual().name("drain").start(() -> drain(run)));
    }

    /** Waits until the run is closed, which neither the run itself may do nor an actor. */
    private static void drain(ContinualRun run) {
        try {
            run.drain();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void park() {
        tell(ContinualRun::park);
    }

    @Override
    public void order(JobOrder order) {
        tell(run -> run.order(order));
    }

    /** Has a signal park a run of this process, and wait until that is done; to be forgotten when the run has ended. */
    public static Thread parkOnSignal(ContinualRun run) {
        CountDownLatch closed = new CountDownLatch(1);
        run.onClosed(closed::countDown);
        Thread hook = new Thread(
                () -> {
                    System.err.println("\nespalier: parking after the step in flight; --resume goes on from there");
                    run.park();
                    try {
                        closed.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                },
                "park-on-signal");
        Runtime.getRuntime().addShutdownHook(hook);
        return hook;
    }
}
