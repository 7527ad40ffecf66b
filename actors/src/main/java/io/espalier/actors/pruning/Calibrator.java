package io.espalier.actors.pruning;

import io.espalier.actors.report.Progress;
import io.espalier.gpu.checkpoint.ModelDirectory;
import io.espalier.gpu.prune.ScoresFile;
import java.io.IOException;
import java.nio.file.Path;

/** Measures the model of a request on its calibration text, and shows how far it is. */
@FunctionalInterface
public interface Calibrator {
    /** In this process, with the whole model on one device. */
    Calibrator HERE = (directory, request, _) -> {
        try (Progress progress =
                new Progress("calibration rows", request.calibration().samples())) {
            return CalibrationRun.run(
                    directory, request.calibration(), request.importance().depth(), request.compute(), progress::at);
        }
    };

    /**
     * Measures the model in one pass over the text.
     *
     * @param work an empty directory for what is needed only meanwhile
     */
    ScoresFile measure(ModelDirectory directory, PruneRequest request, Path work) throws IOException;
}
