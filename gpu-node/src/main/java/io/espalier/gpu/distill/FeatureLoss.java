package io.espalier.gpu.distill;

import io.espalier.gpu.Refused;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.Taps.Place;
import java.util.List;

/**
 * The distance of a student's hidden states from its teacher's: the mean over pairs of layers, times a weight.
 *
 * @param pairs empty for no such loss
 * @param weight of their mean
 * @param balanced whether the mean is first made as large as the logit losses of the same micro-batch, as a constant
 *     factor (Megatron-LM's balance); its value then says nothing, its gradient does
 * @param channels of the teacher's residual stream that the student has kept, ascending; empty where it has all, is
 *     projected, or is compared elsewhere
 */
public record FeatureLoss(List<Pair> pairs, double weight, boolean balanced, List<Integer> channels) {
    public static final FeatureLoss NONE = new FeatureLoss(List.of(), 1, false, List.of());

    /** The ways in which two states are compared, token by token. */
    public enum Kind {
        /** Mean over channels of the squared difference. */
        MSE,
        /** Mean squared difference, divided by the teacher's own mean square over the tokens of the micro-batch. */
        NORMALISED_MSE,
        /** 1 - cosine. */
        COSINE,
        /**
         * KL between relations of positions: softmax over earlier positions of the products of attention outputs, for
         * each relation head (Wang et al., MiniLMv2, 2021). Widths may differ; memory grows with heads times positions
         * squared.
         */
        ATTENTION_RELATION
    }

    /**
     * Two places that are compared.
     *
     * @param projection of the student's state before it is compared; null for none. Pairs may share one
     * @param relationHeads parts that attention outputs are cut into, on both sides; 0 where relations are not compared
     */
    public record Pair(Kind kind, Place student, Place teacher, Projection projection, int relationHeads) {
        public Pair(Kind kind, Place student, Place teacher, Projection projection) {
            this(kind, student, teacher, projection, 0);
        }
    }

    /** A trainable linear map with bias, from the student's channels to the teacher's. */
    public record Projection(String name, int in, int out) {
        public String weight() {
            return "projection." + name + ".weight";
        }

        public String bias() {
            return "projection." + name + ".bias";
        }
    }

    public FeatureLoss {
        pairs = List.copyOf(pairs);
        channels = List.copyOf(channels);
        if (!(weight > 0 && weight <= Float.MAX_VALUE)) {
            throw Refused.usage("hidden-weight", weight, "must be above 0");
        }
    }

    /** Channels of what is compared at a place of the teacher. */
    public int teacherWidth(Place place, ModelConfig teacher) {
        return channels.isEmpty() ? place.site().channels(teacher) : channels.size();
    }

    public boolean isNone() {
        return pairs.isEmpty();
    }

    /** Each projection once. */
    public List<Projection> projections() {
        return pairs.stream()
                .map(Pair::projection)
                .filter(projection -> projection != null)
                .distinct()
                .toList();
    }
}
