package io.espalier.gpu.prune;

import io.espalier.gpu.checkpoint.ModelDirectory;
import io.espalier.gpu.checkpoint.ModelDirectoryWriter;
import io.espalier.gpu.checkpoint.TensorData;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.TensorSpec;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * Surgery: tensor by tensor from one model directory to another, with memory for one tensor and no device. Kept elements
 * keep their bits and their order.
 */
public final class Pruner {
    /** Where to learn which model a directory came from. */
    public static final String PLAN_FILE = "plan.json";

    private static final Pattern LAYER = Pattern.compile("model\\.layers\\.(\\d+)\\.(.+)");

    private final PruningPlan plan;
    private final int headDim;

    private Pruner(PruningPlan plan, int headDim) {
        this.plan = plan;
        this.headDim = headDim;
    }

    /**
     * Writes the pruned model, with the plan beside it.
     *
     * @param target must not exist
     * @return the pruned configuration
     */
    public static ModelConfig prune(ModelDirectory model, PruningPlan plan, Path target, long maxShardBytes) {
        ModelConfig pruned = plan.apply(model.config());
        Pruner pruner = new Pruner(plan, model.config().headDim());
        try (ModelDirectoryWriter writer = ModelDirectoryWriter.create(
                target,
                pruned,
                spec -> model.tensor(pruner.original(spec.name())).type(),
                model.path(),
                maxShardBytes)) {
            for (TensorSpec spec : pruned.tensors()) {
                TensorData original = model.tensor(pruner.original(spec.name()));
                writer.begin(spec.name());
                try (Arena arena = Arena.ofConfined()) {
                    writer.write(pruner.slice(spec.name()).apply(original, arena));
                }
            }
            writer.addFile(PLAN_FILE, plan.toJson());
            writer.commit();
        }
        return pruned;
    }

    /** Name in the original model of a parameter of the pruned one. */
    private String original(String name) {
        Matcher matcher = LAYER.matcher(name);
        return matcher.matches()
                ? "model.layers." + plan.layers().get(Integer.parseInt(matcher.group(1))) + "." + matcher.group(2)
                : name;
    }

    /** What stays of a parameter, by its role; the table is that of the Minitron surgery rules. */
    private Slice slice(String name) {
        Matcher matcher = LAYER.matcher(name);
        if (!matcher.matches()) {
            return name.equals("model.norm.weight") ? new Slice(plan.hidden(), null) : new Slice(null, plan.hidden());
        }
        int layer = Integer.parseInt(matcher.group(1));
        List<Integer> ffn = plan.ffn().get(layer);
        List<Integer> queries = channels(plan.heads().get(layer));
        List<Integer> keys = channels(plan.groups().get(layer));
        return switch (matcher.group(2)) {
            case "input_layernorm.weight", "post_attention_layernorm.weight", "self_attn.o_proj.bias" ->
                new Slice(plan.hidden(), null);
            case "self_attn.q_proj.weight" -> new Slice(queries, plan.hidden());
            case "self_attn.q_proj.bias" -> new Slice(queries, null);
            case "self_attn.k_proj.weight", "self_attn.v_proj.weight" -> new Slice(keys, plan.hidden());
            case "self_attn.k_proj.bias", "self_attn.v_proj.bias" -> new Slice(keys, null);
            case "self_attn.o_proj.weight" -> new Slice(plan.hidden(), queries);
            case "self_attn.q_norm.weight", "self_attn.k_norm.weight" -> new Slice(null, null);
            case "mlp.gate_proj.weight", "mlp.up_proj.weight" -> new Slice(ffn, plan.hidden());
            case "mlp.down_proj.weight" -> new Slice(plan.hidden(), ffn);
            default -> throw new IllegalStateException("no rule for " + name);
        };
    }

    private List<Integer> channels(List<Integer> heads) {
        return heads.stream()
                .flatMap(head ->
                        IntStream.range(head * headDim, (head + 1) * headDim).boxed())
                .toList();
    }
}
