package io.espalier.gpu.prune;

import static io.espalier.gpu.Refused.setting;

import io.espalier.gpu.Refused;
import io.espalier.gpu.model.ExpertsBlock;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.Role;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The shape that a pruned model shall have. Null keeps an axis as it is.
 *
 * @param layers number of layers that stay, chosen by importance
 * @param dropLayers layers to remove, by index; excludes {@code layers}
 * @param hidden hidden_size
 * @param ffn intermediate_size
 * @param heads query heads per layer, after query groups have gone
 * @param queryGroups key-value heads per layer; with its groups go their query heads
 * @param experts experts per layer
 */
public record PruningTargets(
        Integer layers,
        List<Integer> dropLayers,
        Integer hidden,
        Integer ffn,
        Integer heads,
        Integer queryGroups,
        Integer experts) {
    /** Targets that leave experts as they are. */
    public PruningTargets(
            Integer layers, List<Integer> dropLayers, Integer hidden, Integer ffn, Integer heads, Integer queryGroups) {
        this(layers, dropLayers, hidden, ffn, heads, queryGroups, null);
    }

    /** Whether nothing is asked for. */
    public boolean none() {
        return layers == null
                && dropLayers == null
                && hidden == null
                && ffn == null
                && heads == null
                && queryGroups == null
                && experts == null;
    }

    /** Refuses targets that do not fit the model, each by the name of its option. */
    public void check(ModelConfig model) {
        if (none()) {
            throw new Refused(
                    Refused.Reason.USAGE,
                    "prune needs a target: "
                            + named("layers", "drop-layers", "hidden", "ffn", "heads", "query-groups", "experts")
                            + ", or a budget: "
                            + named("target-params", "target-memory", "target-latency"));
        }
        within("layers", layers, model.numHiddenLayers());
        within("hidden", hidden, model.hiddenSize());
        within("ffn", ffn, model.intermediateSize());
        within("heads", heads, model.numAttentionHeads());
        within("query-groups", queryGroups, model.numKeyValueHeads());
        checkRoles(model);
        checkExperts(model);
        checkHeads(model);
        checkWidth(model);
        if (dropLayers != null) {
            checkDropped(model);
        }
    }

    /** Refuses what the family's models cannot lose. */
    private void checkRoles(ModelConfig model) {
        uncut(model, Role.HIDDEN, "hidden", hidden, model.hiddenSize());
        uncut(model, Role.FFN, "ffn", ffn, model.intermediateSize());
        uncut(model, Role.HEAD, "heads", heads, model.numAttentionHeads());
        uncut(model, Role.GROUP, "query-groups", queryGroups, model.numKeyValueHeads());
    }

    private void checkExperts(ModelConfig model) {
        ExpertsBlock block = model.experts();
        if (experts == null) {
            return;
        }
        if (block == null) {
            throw Refused.usage("experts", experts, "must not be named: the model has no experts");
        }
        if (experts < block.perToken() || experts > block.experts()) {
            throw Refused.usage(
                    "experts",
                    experts,
                    "must be from " + block.perToken() + ", to which a token goes, to the model's " + block.experts());
        }
    }

    private static void uncut(ModelConfig model, Role role, String option, Integer target, int size) {
        String why = model.family().uncut(role);
        if (target != null && target != size && why != null) {
            throw Refused.usage(
                    option,
                    target,
                    "must be " + size + " in a model of " + model.family().modelType() + ": " + why);
        }
    }

    private void checkHeads(ModelConfig model) {
        int groups = groups(model);
        if (heads == null) {
            return;
        }
        if (heads % groups != 0) {
            throw Refused.usage("heads", heads, "must be a multiple of the " + groups + " key-value heads");
        }
        int groupSize = model.numAttentionHeads() / model.numKeyValueHeads();
        if (heads > groups * groupSize) {
            throw Refused.usage(
                    "heads", heads, "must be at most the " + groups * groupSize + " of " + groups + " groups");
        }
    }

    /** Refuses a width that readers of the family's models do not take, by the nearest that they do. */
    private void checkWidth(ModelConfig model) {
        int width = hidden == null ? model.hiddenSize() : hidden;
        int left = headsPerGroup(model) * groups(model);
        boolean asked = hidden != null || heads != null || queryGroups != null;
        if (!asked || readable(model, width, left)) {
            return;
        }
        List<Integer> nearest = new ArrayList<>();
        for (int size : new int[] {width / left * left, (width / left + 1) * left}) {
            if (size > 0 && size <= model.hiddenSize()) {
                nearest.add(size);
            }
        }
        throw Refused.usage(
                "hidden",
                width,
                "must be a multiple of the " + left + " query heads, or transformers does not read a model of "
                        + model.family().modelType() + "; the nearest: "
                        + nearest.stream().map(String::valueOf).collect(Collectors.joining(", ")));
    }

    /** Whether every reader of the family takes the width with that many query heads. */
    static boolean readable(ModelConfig model, int hidden, int heads) {
        return !model.family().headsDivideWidth() || hidden % heads == 0;
    }

    private void checkDropped(ModelConfig model) {
        if (layers != null) {
            throw Refused.usage("drop-layers", dropLayers, "excludes " + setting("layers"));
        }
        for (int layer : dropLayers) {
            if (layer < 0 || layer >= model.numHiddenLayers()) {
                throw Refused.usage("drop-layers", layer, "must be from 0 to " + (model.numHiddenLayers() - 1));
            }
        }
        if (new TreeSet<>(dropLayers).size() != dropLayers.size()) {
            throw Refused.usage("drop-layers", dropLayers, "must not name a layer twice");
        }
        if (dropLayers.isEmpty() || dropLayers.size() >= model.numHiddenLayers()) {
            throw Refused.usage(
                    "drop-layers", dropLayers, "must leave at least one of " + model.numHiddenLayers() + " layers");
        }
    }

    private static void within(String option, Integer target, int size) {
        if (target != null && (target < 1 || target > size)) {
            throw Refused.usage(option, target, "must be from 1 to the model's " + size);
        }
    }

    /** Key-value heads that stay. */
    int groups(ModelConfig model) {
        return queryGroups == null ? model.numKeyValueHeads() : queryGroups;
    }

    /** Query heads that stay of each group that does. */
    int headsPerGroup(ModelConfig model) {
        return heads == null ? model.numAttentionHeads() / model.numKeyValueHeads() : heads / groups(model);
    }

    /** Whether choosing needs importance at all. */
    public boolean needImportance() {
        return layers != null
                || hidden != null
                || ffn != null
                || heads != null
                || queryGroups != null
                || experts != null;
    }

    private static String named(String... settings) {
        return Arrays.stream(settings).map(Refused::setting).collect(Collectors.joining(", "));
    }
}
