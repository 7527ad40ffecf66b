package io.espalier.actors.program;

import io.espalier.actors.protocol.JobSpec;
import io.espalier.actors.protocol.JobView;
import io.espalier.actors.pruning.Calibrator;
import io.espalier.actors.pruning.PruneRequest;
import io.espalier.gpu.Refused;
import io.espalier.gpu.checkpoint.ModelDirectory;
import io.espalier.gpu.prune.ScoresFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Function;

/**
 * Calibration whose stages are processes of this one, and the rank that asks them another. The file of scores is all
 * that is left of it when it ends.
 *
 * @param wiring of the node that its ranks are of
 * @param stages how many ranks share the layers
 * @param calibration the job that leaves its scores in the file that it is given
 */
public record StagedCalibrator(NodeWiring wiring, int stages, Function<Path, Calibrate> calibration)
        implements Calibrator {
    private static final String JOB = "calibration";

    @Override
    public ScoresFile measure(ModelDirectory directory, PruneRequest request, Path work) throws IOException {
        Path file = request.scores() == null ? work.resolve("scores.safetensors") : request.scores();
        JobSpec job = calibration.apply(file).spec(JOB, Path.of("").toAbsolutePath(), 1, stages);
        Path state = Files.createDirectories(work.resolve("ranks"));
        LocalCluster.Wording wording = new LocalCluster.Wording(
                "calibration rows", request.calibration().samples(), "stopping", "the calibration must be begun anew");
        try {
            requireDone(new LocalCluster(wiring, state, stages, request.compute(), wording).run(job));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Refused(Refused.Reason.TRY_AGAIN, "the calibration was interrupted", e);
        }
        return ScoresFile.read(file);
    }

    private static void requireDone(JobView view) {
        if (view.exitCode() != 0) {
            // A rank that fails for no reason that is known may not do so again.
            Refused.Reason reason = Refused.Reason.ofExitCode(view.exitCode()).orElse(Refused.Reason.TRY_AGAIN);
            throw new Refused(reason, "the calibration has failed: " + view.cause());
        }
        if (!view.cause().isEmpty()) {
            throw new Refused(Refused.Reason.TRY_AGAIN, "the calibration was " + view.cause());
        }
    }
}
