package io.espalier.actors.job;

import io.espalier.gpu.Refused;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The settings by which a run can be taken up again.
 *
 * @param every steps between two checkpoints; 0 for none
 * @param keep how many of the newest stay
 * @param resume whether to go on from the newest that is valid
 * @param override settings that may differ from the run's, of {@link RunSettings#OVERRIDES}
 */
public record Checkpointing(long every, int keep, boolean resume, Set<String> override) {
    public static final Checkpointing NONE = new Checkpointing(0, 1, false, Set.of());

    public Checkpointing {
        override = Set.copyOf(override);
        if (every < 0) {
            throw Refused.usage("--checkpoint-every", every, "must not be negative");
        }
        if (keep < 1) {
            throw Refused.usage("--keep-checkpoints", keep, "must be at least 1");
        }
        List<String> known = List.copyOf(new TreeSet<>(RunSettings.OVERRIDES.keySet()));
        for (String name : override) {
            if (!known.contains(name)) {
                throw Refused.usage("--override", name, "must be one of " + String.join(", ", known));
            }
        }
    }
}
