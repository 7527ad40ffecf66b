package io.espalier.actors.job;

import io.espalier.gpu.distill.FeatureLoss;
import java.util.List;

/**
 * The features of its teacher's hidden states that a student learns.
 *
 * @param kind null for nothing
 * @param layers of the student, from 0; empty for all
 */
public record Features(FeatureLoss.Kind kind, double weight, boolean balanced, List<Integer> layers) {
    public static final Features NONE = new Features(null, 1, false, List.of());

    public Features {
        layers = List.copyOf(layers);
    }
}
