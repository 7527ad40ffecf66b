package io.espalier.actors.program;

import io.espalier.actors.job.EspalierConfig;
import io.espalier.actors.job.TrainRequest;
import io.espalier.actors.job.journal.Journal;
import io.espalier.actors.protocol.JobSpec;
import io.espalier.actors.protocol.JobView;
import io.espalier.gpu.checkpoint.StagedDirectory;
import java.nio.file.Path;

/**
 * Distillation whose ranks are processes of this one. The state that it goes on from after its own death lies beside
 * its checkpoints.
 *
 * @param wiring of the node that its ranks are of
 * @param resume whether to go on from the newest checkpoint
 * @param teachers how many answer
 * @param stages ranks that share the layers of one of them
 */
public record DistributedRun(NodeWiring wiring, Distill job, boolean resume, int teachers, int stages) {
    private static final String STATE = "ranks";

    /** Runs to the end; gives how the job has ended. */
    public JobView run() throws InterruptedException {
        TrainRequest request = job.request();
        if (!resume) {
            StagedDirectory.requireFree(request.out());
        }
        job.checkpoints().require();
        Path state = request.out().resolve(STATE);
        LocalCluster.Wording wording = new LocalCluster.Wording(
                "distill",
                request.steps(),
                "stopping after the step in flight; the model is saved to " + request.out(),
                "--resume goes on from the newest checkpoint");
        return new LocalCluster(wiring, state, teachers * stages, request.compute(), wording).run(spec(state));
    }

    private JobSpec spec(Path state) {
        Path here = Path.of("").toAbsolutePath();
        try (Journal journal = NodeWiring.journal(EspalierConfig.load(), state)) {
            return LocalJob.of(journal, state, id -> job.spec(id, here, teachers, stages));
        }
    }
}
