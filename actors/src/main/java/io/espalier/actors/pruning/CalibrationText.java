package io.espalier.actors.pruning;

import io.espalier.gpu.Refused;
import io.espalier.streams.batch.BatchSettings;

/**
 * The text that a model is calibrated on.
 *
 * @param samples rows, drawn as in training
 */
public record CalibrationText(BatchSettings text, long samples) {
    public CalibrationText {
        if (samples < 1) {
            throw Refused.usage("--samples", samples, "must be at least 1");
        }
    }
}
