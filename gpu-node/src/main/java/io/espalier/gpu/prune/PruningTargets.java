package io.espalier.gpu.prune;

import io.espalier.gpu.Refused;
import io.espalier.gpu.model.ModelConfig;
import java.util.List;
import java.util.TreeSet;

/**
 * What a pruned model shall be. Null keeps an axis as it is.
 *
 * @param layers number of layers that stay, chosen by block influence
 * @param dropLayers layers to remove, by index; excludes {@code layers}
 * @param hidden hidden_size
 * @param ffn intermediate_size
 * @param heads query heads per layer
 */
public record PruningTargets(Integer layers, List<Integer> dropLayers, Integer hidden, Integer ffn, Integer heads) {
    /** Refuses targets that do not fit the model, each by the name of its option. */
    public void check(ModelConfig model) {
        if (layers == null && dropLayers == null && hidden == null && ffn == null && heads == null) {
            throw new Refused(
                    Refused.Reason.USAGE, "prune needs a target: --layers, --drop-layers, --hidden, --ffn or --heads");
        }
        within("--layers", layers, model.numHiddenLayers());
        within("--hidden", hidden, model.hiddenSize());
        within("--ffn", ffn, model.intermediateSize());
        within("--heads", heads, model.numAttentionHeads());
        if (heads != null && heads % model.numKeyValueHeads() != 0) {
            throw Refused.usage(
                    "--heads", heads, "must be a multiple of the " + model.numKeyValueHeads() + " key-value heads");
        }
        if (dropLayers != null) {
            checkDropped(model);
        }
    }

    private void checkDropped(ModelConfig model) {
        if (layers != null) {
            throw Refused.usage("--drop-layers", dropLayers, "excludes --layers");
        }
        for (int layer : dropLayers) {
            if (layer < 0 || layer >= model.numHiddenLayers()) {
                throw Refused.usage("--drop-layers", layer, "must be from 0 to " + (model.numHiddenLayers() - 1));
            }
        }
        if (new TreeSet<>(dropLayers).size() != dropLayers.size()) {
            throw Refused.usage("--drop-layers", dropLayers, "must not name a layer twice");
        }
        if (dropLayers.isEmpty() || dropLayers.size() >= model.numHiddenLayers()) {
            throw Refused.usage(
                    "--drop-layers", dropLayers, "must leave at least one of " + model.numHiddenLayers() + " layers");
        }
    }

    private static void within(String option, Integer target, int size) {
        if (target != null && (target < 1 || target > size)) {
            throw Refused.usage(option, target, "must be from 1 to the model's " + size);
        }
    }

    /** Whether choosing needs importance at all. */
    public boolean needImportance() {
        return layers != null || hidden != null || ffn != null || heads != null;
    }
}
