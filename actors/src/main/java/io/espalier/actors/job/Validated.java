package io.espalier.actors.job;

import io.espalier.gpu.eval.Scores;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The result of a validation.
 *
 * @param step after which
 * @param files scores of each held-out file, by name
 * @param taught whether there was a teacher to be compared with
 * @param best whether no earlier one was better
 */
public record Validated(long step, Map<String, Scores> files, boolean taught, boolean best) {
    public Validated {
        files = Collections.unmodifiableMap(new LinkedHashMap<>(files));
    }

    /** All files together. */
    public Scores all() {
        return files.values().stream().reduce(Scores.NONE, Scores::plus);
    }

    /** The number by which validations are compared: nats per token, less is better. */
    public double score() {
        return taught ? all().kl() : all().loss();
    }
}
