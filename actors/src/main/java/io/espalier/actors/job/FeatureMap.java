package io.espalier.actors.job;

import io.espalier.gpu.Refused;
import io.espalier.gpu.checkpoint.ModelDirectory;
import io.espalier.gpu.distill.FeatureLoss;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.Taps.Place;
import io.espalier.gpu.model.Taps.Site;
import io.espalier.gpu.prune.PruningPlan;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The pairs of layers, one of the student and one of its teacher, that are compared. A student that was pruned from
 * this teacher has its plan.json: each layer is compared with the one it was, channel by channel. For other students
 * layers are spread evenly, and where the widths differ each pair has a projection.
 */
public final class FeatureMap {
    private FeatureMap() {}

    static FeatureLoss of(Features features, Path student, Path teacher) {
        if (features.kind() == null) {
            return FeatureLoss.NONE;
        }
        ModelConfig mine = ModelConfig.read(student);
        ModelConfig theirs = ModelConfig.read(teacher);
        return of(features, mine, theirs, planOf(student, mine, teacher, theirs));
    }

    /** Pairs the layers of two architectures of which no pruning plan is known. */
    public static FeatureLoss of(Features features, ModelConfig student, ModelConfig teacher) {
        return features.kind() == null ? FeatureLoss.NONE : of(features, student, teacher, null);
    }

    private static FeatureLoss of(Features features, ModelConfig mine, ModelConfig theirs, PruningPlan plan) {
        List<FeatureLoss.Pair> pairs = new ArrayList<>();
        for (int layer : layers(features, mine)) {
            int of = plan == null
                    ? (layer + 1) * theirs.numHiddenLayers() / mine.numHiddenLayers() - 1
                    : plan.layers().get(layer);
            pairs.add(
                    features.kind() == FeatureLoss.Kind.ATTENTION_RELATION
                            ? relation(layer, Math.max(0, of), mine, theirs)
                            : states(features.kind(), layer, Math.max(0, of), mine, theirs, plan != null));
        }
        boolean narrower = plan != null
                && plan.hidden().size() < theirs.hiddenSize()
                && features.kind() != FeatureLoss.Kind.ATTENTION_RELATION;
        return new FeatureLoss(pairs, features.weight(), features.balanced(), narrower ? plan.hidden() : List.of());
    }

    private static FeatureLoss.Pair states(
            FeatureLoss.Kind kind, int layer, int of, ModelConfig mine, ModelConfig theirs, boolean planned) {
        FeatureLoss.Projection projection = planned || mine.hiddenSize() == theirs.hiddenSize()
                ? null
                : new FeatureLoss.Projection("layer" + layer, mine.hiddenSize(), theirs.hiddenSize());
        return new FeatureLoss.Pair(
                kind, new Place(Site.LAYER_OUTPUT, layer), new Place(Site.LAYER_OUTPUT, of), projection);
    }

    /** Pairs two layers by as many relation heads as both models' heads can be gathered into evenly. */
    private static FeatureLoss.Pair relation(int layer, int of, ModelConfig mine, ModelConfig theirs) {
        int heads = BigInteger.valueOf(mine.numAttentionHeads())
                .gcd(BigInteger.valueOf(theirs.numAttentionHeads()))
                .intValueExact();
        return new FeatureLoss.Pair(
                FeatureLoss.Kind.ATTENTION_RELATION,
                attention("student", layer, mine),
                attention("teacher", of, theirs),
                null,
                heads);
    }

    private static Place attention(String whose, int layer, ModelConfig model) {
        Place place = new Place(Site.O_PROJ_INPUT, layer);
        if (!place.in(model)) {
            throw Refused.usage(
                    "--hidden-layers",
                    layer,
                    "must be mapped to layers of attention: that of the " + whose + " is none");
        }
        return place;
    }

    private static List<Integer> layers(Features features, ModelConfig model) {
        for (int layer : features.layers()) {
            if (layer < 0 || layer >= model.numHiddenLayers()) {
                throw Refused.usage("--hidden-layers", layer, "must be from 0 to " + (model.numHiddenLayers() - 1));
            }
        }
        return features.layers().isEmpty()
                ? IntStream.range(0, model.numHiddenLayers()).boxed().toList()
                : features.layers();
    }

    /** The plan that made this student of this teacher; null where there is none. */
    private static PruningPlan planOf(Path student, ModelConfig mine, Path teacher, ModelConfig theirs) {
        Path file = student.resolve("plan.json");
        if (!Files.exists(file)) {
            return null;
        }
        PruningPlan plan = PruningPlan.read(file);
        boolean fits = plan.source().equals(PruningPlan.Shape.of(theirs))
                && plan.layers().size() == mine.numHiddenLayers()
                && plan.hidden().size() == mine.hiddenSize();
        return fits && (plan.digest().isEmpty() || plan.digest().equals(ModelDirectory.digestOf(teacher)))
                ? plan
                : null;
    }
}
