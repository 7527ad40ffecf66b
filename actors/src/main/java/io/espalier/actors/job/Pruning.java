package io.espalier.actors.job;

import io.espalier.gpu.checkpoint.ModelDirectory;
import io.espalier.gpu.model.CausalLm;
import io.espalier.gpu.model.Weights;
import io.espalier.gpu.prune.Calibration;
import io.espalier.gpu.prune.Importance;
import io.espalier.gpu.torch.Torch;
import io.espalier.streams.batch.BatchSettings;
import java.util.function.LongConsumer;

/** Calibration of a stored model on text. */
public final class Pruning {
    private Pruning() {}

    /**
     * Importance from the first {@code samples} rows of the text.
     *
     * @param onRows called with the rows seen so far
     */
    public static Importance calibrate(
            ModelDirectory directory, BatchSettings text, long samples, ComputeSettings compute, LongConsumer onRows) {
        directory.config().checkSequence(text.seqLength());
        try (Torch torch = compute.open();
                Weights weights = Weights.frozen(torch, directory.config(), directory::tensor, torch.compute());
                Calibration calibration = new Calibration(torch, new CausalLm(torch, directory.config()), weights)) {
            BatchReader.training(directory.path(), text, samples, batch -> {
                calibration.add(batch);
                onRows.accept(calibration.rows());
            });
            return calibration.importance();
        }
    }
}
