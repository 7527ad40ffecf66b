package io.espalier.actors.pruning;

import io.espalier.actors.job.ComputeSettings;
import io.espalier.actors.rank.RankFactory;
import io.espalier.actors.rank.Session;
import io.espalier.gpu.FaultPoint;
import io.espalier.gpu.prune.CalibrationStage;
import io.espalier.gpu.torch.Torch;
import java.nio.file.Path;

/** Opens, on a rank, a stage of a model that is calibrated. */
public final class CalibrationRank {
    private CalibrationRank() {}

    /**
     * A stage of the model that adds up what it sees.
     *
     * @param stage from 0
     */
    public static RankFactory of(Path model, ComputeSettings compute, int stage, int stages) {
        return progress -> {
            Torch torch = compute.open();
            FaultPoint.TEACHER_LOADING.reached();
            try {
                return new Session.OfStage(CalibrationStage.open(torch, model, stage, stages, progress));
            } catch (RuntimeException e) {
                torch.close();
                throw e;
            }
        };
    }
}
