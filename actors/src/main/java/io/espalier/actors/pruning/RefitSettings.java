package io.espalier.actors.pruning;

import io.espalier.gpu.Refused;

/**
 * The settings by which projections are refitted.
 *
 * @param ridge λ of the least squares, as a share of the kept inputs' mean energy
 * @param memoryBytes limit of the Gram matrices held at once; layers that do not fit take another pass over the text
 */
public record RefitSettings(double ridge, long memoryBytes) {
    public RefitSettings {
        if (!(ridge > 0)) {
            throw Refused.usage("--ridge", ridge, "must be above 0");
        }
        if (memoryBytes < 1) {
            throw Refused.usage("--refit-memory-mib", memoryBytes, "must be at least 1");
        }
    }
}
