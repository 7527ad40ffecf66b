package io.espalier.gpu.distill;

import java.util.ArrayList;
import java.util.List;

/** The sum that training makes small. */
public record Objective(LossMix logits, FeatureLoss features) {
    public static Objective of(LossMix logits) {
        return new Objective(logits, FeatureLoss.NONE);
    }

    /** Names of the parts, in the order of their values. */
    public List<String> labels() {
        List<String> labels = new ArrayList<>(logits.labels());
        if (!features.isNone()) {
            labels.add("hidden");
        }
        return labels;
    }
}
