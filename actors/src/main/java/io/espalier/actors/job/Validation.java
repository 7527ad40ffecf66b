package io.espalier.actors.job;

import io.espalier.gpu.Refused;
import io.espalier.streams.batch.BatchSettings;
import io.espalier.streams.batch.DocumentAttention;

/**
 * The settings by which a run is validated while it trains.
 *
 * @param text held out, which each of its files is scored of; null for no validation
 * @param every steps between two validations; the last step has one too
 * @param rows at most of each file
 * @param patience validations without a better score before the run stops; 0 never stops it
 */
public record Validation(BatchSettings text, long every, long rows, int patience) {
    public static final Validation NONE = new Validation(null, 1, 1, 0);

    public Validation {
        if (every < 1) {
            throw Refused.usage("--validate-every", every, "must be at least 1");
        }
        if (rows < 1) {
            throw Refused.usage("--validate-samples", rows, "must be at least 1");
        }
        if (patience < 0) {
            throw Refused.usage("--patience", patience, "must not be negative");
        }
    }

    Validation with(DocumentAttention documents) {
        return text == null ? this : new Validation(text.with(documents), every, rows, patience);
    }
}
