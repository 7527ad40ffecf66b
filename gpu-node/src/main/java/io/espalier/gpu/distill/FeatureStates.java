package io.espalier.gpu.distill;

import ai.djl.ndarray.NDArray;
import io.espalier.gpu.model.Documents;
import io.espalier.gpu.model.Parameters;
import io.espalier.gpu.model.Taps;
import io.espalier.gpu.torch.Scope;
import io.espalier.gpu.torch.Torch;
import java.util.HashMap;
import java.util.Map;

/** The states of a student that is being recorded, and their loss against its teacher's. */
public final class FeatureStates implements Taps {
    private final FeatureLoss loss;
    private final Scope scope;
    private final Documents documents;
    private final Map<Place, NDArray> student = new HashMap<>();

    /**
     * @param scope of the step, which owns what is seen
     * @param documents of its rows
     */
    public FeatureStates(FeatureLoss loss, Scope scope, Documents documents) {
        this.loss = loss;
        this.documents = documents;
        this.scope = scope;
    }

    @Override
    public void see(Site site, int layer, NDArray value) {
        Place place = new Place(site, layer);
        if (loss.pairs().stream().anyMatch(pair -> pair.student().equals(place))) {
            student.put(place, scope.adopt(value));
        }
    }

    /**
     * The weighted sum over tokens that count, recorded: [].
     *
     * @param teacher [N, C] each
     * @param projections leaves
     * @param mask [N]
     * @param logitSums of the logit losses, for the balance
     */
    public NDArray sum(
            Torch torch, Map<Place, NDArray> teacher, Parameters projections, NDArray mask, NDArray logitSums) {
        NDArray sum = null;
        for (FeatureLoss.Pair pair : loss.pairs()) {
            NDArray x = projected(pair, projections);
            NDArray term = term(torch, pair, x, teacher.get(pair.teacher()), mask);
            sum = sum == null ? term : scope.add(sum, term);
        }
        NDArray mean =
                scope.call("weighted", sum, torch.scalar(1f / loss.pairs().size()));
        NDArray level = loss.balanced() ? scope.call("balanced", mean, logitSums) : mean;
        return scope.call("weighted", level, torch.scalar((float) loss.weight()));
    }

    private NDArray projected(FeatureLoss.Pair pair, Parameters projections) {
        NDArray x = student.get(pair.student());
        FeatureLoss.Projection projection = pair.projection();
        return projection == null
                ? x
                : scope.call("project", x, projections.get(projection.weight()), projections.get(projection.bias()));
    }

    private NDArray relation(NDArray x, NDArray teacher, NDArray mask, NDArray heads) {
        return documents.divided()
                ? scope.call("feature_relation_divided", x, teacher, mask, heads, documents.firsts(scope))
                : scope.call("feature_relation", x, teacher, mask, heads);
    }

    private NDArray term(Torch torch, FeatureLoss.Pair pair, NDArray x, NDArray teacher, NDArray mask) {
        return switch (pair.kind()) {
            case MSE -> scope.call("feature_mse", x, teacher, mask);
            case NORMALISED_MSE -> scope.call("feature_mse_normalised", x, teacher, mask);
            case COSINE -> scope.call("feature_cosine", x, teacher, mask);
            case ATTENTION_RELATION -> relation(x, teacher, mask, torch.scalar(pair.relationHeads()));
        };
    }
}
