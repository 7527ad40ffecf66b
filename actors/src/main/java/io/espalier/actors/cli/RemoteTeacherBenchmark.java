package io.espalier.actors.cli;

import io.espalier.actors.bench.Speed;
import io.espalier.actors.job.ComputeSettings;
import io.espalier.actors.job.WorkDirectory;
import io.espalier.actors.protocol.JobSpec;
import io.espalier.actors.protocol.JobView;
import io.espalier.gpu.Refused;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The benchmark of distillation with teacher and student as processes of this one, started as {@code distill
 * --teacher-ranks 1} starts them.
 *
 * @param arguments of the bench command
 * @param steps of a run
 */
record RemoteTeacherBenchmark(List<String> arguments, ComputeSettings compute, int steps) {
    private static final String JOB = "bench-distill";

    Speed measure() throws IOException {
        try (WorkDirectory work = WorkDirectory.temporary("espalier-bench-")) {
            Path found = work.path().resolve("found.json");
            List<String> all = new ArrayList<>(arguments);
            all.addAll(List.of(BenchDistillCommand.FOUND, found.toString()));
            LocalCluster.Wording wording =
                    new LocalCluster.Wording("bench distill", steps, "stopping", "it must be measured anew");
            JobSpec job = new JobSpec(JOB, all, Path.of("").toAbsolutePath(), 1, 1);
            requireDone(new LocalCluster(work.path(), 1, compute, wording).run(job), found);
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
