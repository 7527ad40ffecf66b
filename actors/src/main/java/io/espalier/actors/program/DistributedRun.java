package io.espalier.actors.program;

import io.espalier.actors.job.EspalierConfig;
import io.espalier.actors.job.TrainRequest;
import io.espalier.actors.job.journal.Journal;
import io.espalier.actors.protocol.JobSpec;
import io.espalier.actors.protocol.JobView;
import io.espalier.gpu.Refused;
import io.espalier.gpu.checkpoint.StagedDirectory;
import java.nio.file.Path;
import java.util.function.Function;

/**
 * Distillation whose ranks are processes of this one. What it needs to go on after its own death lies beside its checkpoints.
 *
 * @param wiring of the node that its ranks are of
 * @param request what is computed
 * @param teachers ranks beside the student
 * @param job the same as a job of the name that it is given
 */
public record DistributedRun(NodeWiring wiring, TrainRequest request, int teachers, Function<String, JobSpec> job) {
    private static final String STATE = "ranks";

    /** Runs to the end; gives how the job has ended. */
    public JobView run() throws InterruptedException {
        if (!request.checkpoints().resume()) {
            StagedDirectory.requireFree(request.out());
        }
        if (request.checkpoints().every() == 0) {
            throw new Refused(
                    Refused.Reason.USAGE,
                    "--checkpoint-every 0: a student that dies must find a checkpoint to go on from");
        }
        Path state = request.out().resolve(STATE);
        LocalCluster.Wording wording = new LocalCluster.Wording(
                "distill",
                request.steps(),
                "stopping after the step in flight; the model is saved to " + request.out(),
                "--resume goes on from the newest checkpoint");
        return new LocalCluster(wiring, state, teachers, request.compute(), wording).run(job(state));
    }

    private JobSpec job(Path state) {
        try (Journal journal = NodeWiring.journal(EspalierConfig.load(), state)) {
            return LocalJob.of(journal, state, job);
        }
    }
}
