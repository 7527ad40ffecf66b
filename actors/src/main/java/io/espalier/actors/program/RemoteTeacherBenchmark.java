package io.espalier.actors.program;

import io.espalier.actors.bench.BenchJob;
import io.espalier.actors.bench.Speed;
import io.espalier.actors.job.WorkDirectory;
import io.espalier.actors.protocol.JobSpec;
import io.espalier.actors.protocol.JobView;
import io.espalier.gpu.Refused;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The benchmark of distillation with teacher and student as processes of this one, started as {@code distill
 * --teacher-ranks 1} starts them.
 *
 * @param wiring of the node that its ranks are of
 */
public record RemoteTeacherBenchmark(NodeWiring wiring, BenchJob benchmark) {
    public static final String DIRECTORY = "espalier-bench-";

    /** Longer than ranks may take to end. */
    private static final long LEAVE_SECONDS = 60;

    public Speed measure() throws IOException {
        CountDownLatch left = new CountDownLatch(1);
        Thread onSignal = new Thread(() -> await(left), "leave-nothing-on-signal");
        Runtime.getRuntime().addShutdownHook(onSignal);
        try {
            return measureInDirectory();
        } finally {
            left.countDown();
            TrainingSession.forget(onSignal);
        }
    }

    /** A process that was told to end does not before its ranks have, and their directory is gone. */
    private static void await(CountDownLatch left) {
        try {
            if (!left.await(LEAVE_SECONDS, TimeUnit.SECONDS)) {
                System.err.println("espalier: the ranks have not ended in " + LEAVE_SECONDS + " s");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Speed measureInDirectory() throws IOException {
        try (WorkDirectory work = WorkDirectory.temporary(DIRECTORY)) {
            Path found = BenchJob.found(work.path());
            JobSpec job = benchmark.writeTo(work.path());
            LocalCluster.Wording wording = new LocalCluster.Wording(
                    "bench distill", benchmark.benchmark().allSteps(), "stopping", "it must be measured anew");
            requireDone(new LocalCluster(wiring, work.path(), 1, benchmark.compute(), wording).run(job), found);
            return BenchDistillSession.read(found);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Refused(Refused.Reason.TRY_AGAIN, "bench distill --remote was interrupted", e);
        }
    }

    private static void requireDone(JobView view, Path found) {
        if (view.exitCode() != 0) {
            // A rank that fails for no reason that is known may not do so again.
            Refused.Reason reason = Refused.Reason.ofExitCode(view.exitCode()).orElse(Refused.Reason.TRY_AGAIN);
            throw new Refused(reason, "bench distill --remote has failed: " + view.cause());
        }
        if (!Files.exists(found)) {
            throw new Refused(Refused.Reason.TRY_AGAIN, "bench distill --remote was stopped: " + view.cause());
        }
    }
}
