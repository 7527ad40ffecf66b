package io.espalier.actors.cli;

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
import java.util.ArrayList;
import java.util.List;

/**
 * Calibration whose stages are processes of this one, and the rank that asks them another. What is left of it when it ends
 * is the file of scores.
 *
 * @param arguments of the prune command
 */
record StagedCalibrator(List<String> arguments, int stages) implements Calibrator {
    private static final String JOB = "calibration";

    @Override
    public ScoresFile measure(ModelDirectory directory, PruneRequest request, Path work) throws IOException {
        List<String> all = new ArrayList<>(arguments);
        Path file = request.scores();
        if (file == null) {
            file = work.resolve("scores.safetensors");
            all.addAll(List.of("--scores", file.toString()));
        }
        Path state = Files.createDirectories(work.resolve("ranks"));
        LocalCluster.Wording wording = new LocalCluster.Wording(
                "calibration rows", request.calibration().samples(), "stopping", "the calibration must be begun anew");
        JobSpec job = new JobSpec(JOB, all, Path.of("").toAbsolutePath(), 1, stages);
        try {
            requireDone(new LocalCluster(state, stages, request.compute(), wording).run(job));
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
