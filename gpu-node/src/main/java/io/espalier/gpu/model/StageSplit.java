package io.espalier.gpu.model;

import io.espalier.gpu.Refused;
import java.util.ArrayList;
import java.util.List;

/**
 * The division of a model's layers into stages. The first has the embedding, too, and the last the last norm; the head
 * belongs to none.
 *
 * @param bounds [stages + 1], ascending: stage i holds layers [bounds[i], bounds[i + 1])
 */
public record StageSplit(List<Integer> bounds) {
    public StageSplit {
        bounds = List.copyOf(bounds);
    }

    /** The split whose largest stage has the fewest parameters, and among those the most even one. */
    public static StageSplit of(ModelConfig config, int stages) {
        int layers = config.numHiddenLayers();
        if (stages < 1 || stages > layers) {
            throw Refused.usage(
                    "teacher-stages", stages, "must be from 1 to " + layers + ", the layers of the teacher");
        }
        int first = stages == 1 ? layers : 1;
        for (int more = first + 1; stages > 1 && layers - more >= stages - 1; more++) {
            if (largest(config, more, stages) <= largest(config, first, stages)) {
                first = more;
            }
        }
        List<Integer> bounds = new ArrayList<>(List.of(0, first));
        for (int stage = 1; stage < stages; stage++) {
            int left = layers - bounds.getLast();
            bounds.add(bounds.getLast() + Math.ceilDiv(left, stages - stage));
        }
        return new StageSplit(bounds);
    }

    /** Parameters of the largest stage where the first has so many layers and the others share the rest. */
    private static long largest(ModelConfig config, int first, int stages) {
        int most = Math.ceilDiv(config.numHiddenLayers() - first, stages - 1);
        return Math.max(parameters(config, 0, first), parameters(config, first, first + most));
    }

    private static long parameters(ModelConfig config, int from, int to) {
        return config.trunk(from, to).stream().mapToLong(TensorSpec::elements).reduce(0, Math::addExact);
    }

    public int stages() {
        return bounds.size() - 1;
    }

    /** First layer of a stage. */
    public int from(int stage) {
        return bounds.get(stage);
    }

    /** The layer behind the last of a stage. */
    public int to(int stage) {
        return bounds.get(stage + 1);
    }
}
