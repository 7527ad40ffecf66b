package io.espalier.gpu.prune;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.espalier.gpu.LaxJson;
import io.espalier.gpu.Refused;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.Role;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The indices of the original model that stay, all ascending: with the model, and the file of refitted weights if it
 * names one, this is all that surgery needs.
 *
 * @param source shape of the model that the plan is for
 * @param digest of that model's weights ({@link io.espalier.gpu.checkpoint.ModelDirectory#digest}), so that no other of
 *     its shape is cut by mistake; empty when any may be
 * @param layers kept layers
 * @param hidden kept channels of the residual stream
 * @param ffn kept MLP neurons of each kept layer
 * @param groups kept key-value heads of each kept layer
 * @param heads kept query heads of each kept layer, in the original's numbering
 * @param experts kept experts of each kept layer; empty where the model has none
 * @param compensation what is changed beside what is cut
 */
public record PruningPlan(
        Shape source,
        String digest,
        List<Integer> layers,
        List<Integer> hidden,
        List<List<Integer>> ffn,
        List<List<Integer>> groups,
        List<List<Integer>> heads,
        List<List<Integer>> experts,
        Compensation compensation) {
    private static final ObjectMapper JSON = new ObjectMapper()
            .enable(SerializationFeature.INDENT_OUTPUT)
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

    /** A plan written by hand needs neither a digest nor compensation. */
    public PruningPlan {
        digest = digest == null ? "" : digest;
        compensation = compensation == null ? Compensation.NONE : compensation;
        experts = experts == null ? List.of() : experts;
    }

    /** A plan for a model without experts. */
    public PruningPlan(
            Shape source,
            String digest,
            List<Integer> layers,
            List<Integer> hidden,
            List<List<Integer>> ffn,
            List<List<Integer>> groups,
            List<List<Integer>> heads,
            Compensation compensation) {
        this(source, digest, layers, hidden, ffn, groups, heads, List.of(), compensation);
    }

    /** The dimensions that a plan can change. */
    public record Shape(int layers, int hidden, int ffn, int heads, int groups, int experts) {
        public static Shape of(ModelConfig config) {
            return new Shape(
                    config.numHiddenLayers(),
                    config.hiddenSize(),
                    config.intermediateSize(),
                    config.numAttentionHeads(),
                    config.numKeyValueHeads(),
                    config.numExperts());
        }
    }

    /** Chooses by importance what the targets ask for; {@code importance} may be null when they need none. */
    public static PruningPlan choose(ModelConfig model, PruningTargets targets, Importance importance) {
        targets.check(model);
        List<Integer> layers = keptLayers(model, targets, importance);
        List<List<Integer>> ffn = new ArrayList<>();
        List<List<Integer>> groups = new ArrayList<>();
        List<List<Integer>> heads = new ArrayList<>();
        List<List<Integer>> experts = new ArrayList<>();
        for (int layer : layers) {
            ffn.add(best("ffn", model.intermediateSize(), targets.ffn(), importance, i -> i.ffn()[layer]));
            groups.add(best(
                    "groups", model.numKeyValueHeads(), targets.queryGroups(), importance, i -> i.groups()[layer]));
            heads.add(keptHeads(model, targets, importance, layer, groups.getLast()));
            if (model.numExperts() > 0) {
                experts.add(
                        best("experts", model.numExperts(), targets.experts(), importance, i -> i.experts()[layer]));
            }
        }
        List<Integer> hidden = best("hidden", model.hiddenSize(), targets.hidden(), importance, Importance::hidden);
        return new PruningPlan(Shape.of(model), "", layers, hidden, ffn, groups, heads, experts, Compensation.NONE);
    }

    private static List<Integer> best(
            String axis, int size, Integer target, Importance importance, Function<Importance, double[]> scores) {
        if (target == null || target == size) {
            return all(size);
        }
        Importance.requireFinite(axis, scores.apply(importance));
        return Ranking.best(scores.apply(importance), target);
    }

    private static List<Integer> keptHeads(
            ModelConfig model, PruningTargets targets, Importance importance, int layer, List<Integer> groups) {
        int groupSize = model.numAttentionHeads() / model.numKeyValueHeads();
        int perGroup = targets.headsPerGroup(model);
        if (perGroup == groupSize) {
            return groups.stream()
                    .flatMap(group -> IntStream.range(group * groupSize, (group + 1) * groupSize)
                            .boxed())
                    .toList();
        }
        Importance.requireFinite("heads", importance.heads()[layer]);
        return Ranking.bestOfEachGroup(importance.heads()[layer], groups, groupSize, perGroup);
    }

    private static List<Integer> keptLayers(ModelConfig model, PruningTargets targets, Importance importance) {
        if (targets.dropLayers() != null) {
            return all(model.numHiddenLayers()).stream()
                    .filter(layer -> !targets.dropLayers().contains(layer))
                    .toList();
        }
        return targets.layers() == null || targets.layers() == model.numHiddenLayers()
                ? all(model.numHiddenLayers())
                : importance.depth().kept(targets.layers());
    }

    /** This plan for one model's weights alone. */
    public PruningPlan withDigest(String ofModel) {
        return new PruningPlan(source, ofModel, layers, hidden, ffn, groups, heads, experts, compensation);
    }

    public PruningPlan with(Compensation changes) {
        return new PruningPlan(source, digest, layers, hidden, ffn, groups, heads, experts, changes);
    }

    private static List<Integer> all(int count) {
        return IntStream.range(0, count).boxed().toList();
    }

    /** The configuration of the pruned model; refuses a model of another shape. */
    public ModelConfig apply(ModelConfig model) {
        if (!source.equals(Shape.of(model))) {
            throw Refused.invalid("plan", "source", source, "must be the model's shape " + Shape.of(model));
        }
        return model.withShape(
                hidden.size(),
                ffn.getFirst().size(),
                heads.getFirst().size(),
                groups.getFirst().size(),
                experts.isEmpty() ? 0 : experts.getFirst().size(),
                layers);
    }

    /**
     * Units of a role that stay in a kept layer, ascending; null where all do.
     *
     * @param layer in the pruned model; -1 for what belongs to none
     */
    List<Integer> kept(Role role, int layer) {
        return switch (role) {
            case HIDDEN -> cut(hidden, source.hidden());
            case FFN -> cut(ffn.get(layer), source.ffn());
            case HEAD -> cut(heads.get(layer), source.heads());
            case GROUP -> cut(groups.get(layer), source.groups());
            case EXPERT -> cut(experts.get(layer), source.experts());
            case VOCABULARY, FIXED -> null;
        };
    }

    /** Number in the original of a kept layer's kept expert; -1 of none. */
    int expert(int layer, int kept) {
        return kept < 0 ? -1 : experts.get(layer).get(kept);
    }

    /** Null where everything stays, so that whole tensors are handed through. */
    private static List<Integer> cut(List<Integer> kept, int all) {
        return kept.size() == all ? null : kept;
    }

    public String toJson() {
        try {
            return JSON.writeValueAsString(this) + "\n";
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Reads a plan.json and checks that its indices are in range, ascending and even over layers. */
    public static PruningPlan read(Path file) {
        try {
            PruningPlan plan = JSON.readValue(file.toFile(), PruningPlan.class);
            plan.check(file);
            return plan;
        } catch (JsonProcessingException e) {
            throw Refused.invalid(file, "content", "no JSON (" + LaxJson.problem(e) + ")", "must be a pruning plan");
        } catch (java.io.FileNotFoundException e) {
            throw new Refused(Refused.Reason.NOT_FOUND, file + ": must be a pruning plan", e);
        } catch (IOException e) {
            throw new UncheckedIOException(file.toString(), e);
        }
    }

    private void check(Path file) {
        if (source == null || layers == null || hidden == null || ffn == null || groups == null || heads == null) {
            throw Refused.invalid(
                    file, "content", "incomplete", "must hold source, layers, hidden, ffn, groups and heads");
        }
        if (source.groups() < 1 || source.heads() < source.groups() || source.heads() % source.groups() != 0) {
            throw Refused.invalid(file, "source", source, "must be the shape of a model");
        }
        ascending(file, "layers", layers, source.layers());
        ascending(file, "hidden", hidden, source.hidden());
        for (List<List<Integer>> axis : List.of(ffn, groups, heads)) {
            if (axis.size() != layers.size()) {
                throw Refused.invalid(
                        file, "ffn, groups, heads", axis.size() + " layers", "must have one entry a layer");
            }
        }
        if (experts.size() != (source.experts() == 0 ? 0 : layers.size())
                || experts.stream()
                        .anyMatch(kept -> kept.size() != experts.getFirst().size())) {
            throw Refused.invalid(file, "experts", experts.size(), "must be as many of each kept layer's experts");
        }
        for (int i = 0; i < layers.size(); i++) {
            ascending(file, "ffn[" + i + "]", ffn.get(i), source.ffn());
            ascending(file, "groups[" + i + "]", groups.get(i), source.groups());
            ascending(file, "heads[" + i + "]", heads.get(i), source.heads());
            if (ffn.get(i).size() != ffn.getFirst().size()
                    || groups.get(i).size() != groups.getFirst().size()
                    || heads.get(i).size() != heads.getFirst().size()) {
                throw Refused.invalid(file, "layer " + i, "of another size", "must have the size of layer 0");
            }
            checkGroups(file, i);
            if (source.experts() > 0) {
                ascending(file, "experts[" + i + "]", experts.get(i), source.experts());
            }
        }
        compensation.check(file, layers.size());
    }

    /** Query heads attend by position: each kept group must be kept with the same number of its heads, and no others. */
    private void checkGroups(Path file, int layer) {
        int groupSize = source.heads() / source.groups();
        Map<Integer, Long> perGroup = heads.get(layer).stream()
                .collect(Collectors.groupingBy(head -> head / groupSize, TreeMap::new, Collectors.counting()));
        boolean even = perGroup.values().stream().distinct().count() == 1;
        if (!even || !List.copyOf(perGroup.keySet()).equals(groups.get(layer))) {
            throw Refused.invalid(
                    file,
                    "heads[" + layer + "]",
                    heads.get(layer),
                    "must be the same number of heads of each kept group " + groups.get(layer));
        }
    }

    private static void ascending(Path file, String field, List<Integer> indices, int size) {
        if (indices == null) {
            throw Refused.invalid(file, field, "null", "must be indices");
        }
        int before = -1;
        for (Integer index : indices) {
            if (index == null || index <= before || index >= size) {
                throw Refused.invalid(file, field, index, "must be ascending and below " + size);
            }
            before = index;
        }
        if (indices.isEmpty()) {
            throw Refused.invalid(file, field, indices, "must keep something");
        }
    }
}
