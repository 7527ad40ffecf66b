package io.espalier.gpu.prune;

import io.espalier.gpu.Refused;
import io.espalier.gpu.checkpoint.FloatFormat;
import io.espalier.gpu.checkpoint.ModelDirectory;
import io.espalier.gpu.checkpoint.SafetensorsFile;
import io.espalier.gpu.checkpoint.TensorData;
import io.espalier.gpu.checkpoint.TensorType;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.TensorSpec;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A stored model seen through a plan: each tensor of the pruned model as a pure function of the plan and one tensor of
 * the original. Kept elements keep their bits and their order, but for what compensation changes. One thread's.
 */
public final class PrunedModel implements Function<String, TensorData>, AutoCloseable {
    private static final Pattern LAYER = Pattern.compile("model\\.layers\\.(\\d+)\\.(.+)");

    private final ModelDirectory original;
    private final PruningPlan plan;
    private final SafetensorsFile refit;
    private final ModelConfig config;
    private final Map<String, TensorSpec> specs;
    private Arena scratch = Arena.ofConfined();

    /** @param refit weights that replace those of the cut, or null; stays the caller's */
    public PrunedModel(ModelDirectory original, PruningPlan plan, SafetensorsFile refit) {
        this.original = original;
        this.plan = plan;
        this.refit = refit;
        this.config = plan.apply(original.config());
        this.specs = config.tensors().stream().collect(Collectors.toMap(TensorSpec::name, spec -> spec));
    }

    /** The pruned configuration. */
    public ModelConfig config() {
        return config;
    }

    /** A tensor keeps the type it is stored in. */
    public TensorType type(String name) {
        return original.tensor(originalName(name)).type();
    }

    /** A tensor's bytes in memory of its own, valid until the next call. */
    @Override
    @SuppressWarnings("MustBeClosedChecker") // closed by the next call or with the model
    public TensorData apply(String name) {
        scratch.close();
        scratch = Arena.ofConfined();
        TensorSpec spec = specs.get(name);
        MemorySegment bytes = scratch.allocate(spec.elements() * type(name).bytes(), Long.BYTES);
        long[] at = new long[1];
        pieces(name, piece -> {
            MemorySegment.copy(piece, 0, bytes, at[0], piece.byteSize());
            at[0] += piece.byteSize();
        });
        return new TensorData(name, type(name), spec.shape(), bytes);
    }

    /** A tensor's bytes in order, piece by piece; a piece is valid only during the call. */
    void pieces(String name, Consumer<MemorySegment> consumer) {
        if (refit != null && refit.has(name)) {
            consumer.accept(replacement(name).bytes());
            return;
        }
        TensorData tensor = original.tensor(originalName(name));
        double gain = gain(name);
        slice(name).pieces(tensor, gain == 1 ? consumer : piece -> consumer.accept(scaled(tensor, piece, gain)));
    }

    private TensorData replacement(String name) {
        TensorData tensor = refit.tensor(name);
        if (tensor.type() != type(name)
                || !java.util.Arrays.equals(tensor.shape(), specs.get(name).shape())) {
            throw Refused.invalid(
                    Compensation.REFIT_FILE, name, tensor.type(), "must have the type and shape of the pruned tensor");
        }
        return tensor;
    }

    private static MemorySegment scaled(TensorData tensor, MemorySegment piece, double gain) {
        long elements = piece.byteSize() / tensor.type().bytes();
        float[] values = FloatFormat.floats(new TensorData(tensor.name(), tensor.type(), new long[] {elements}, piece));
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (values[i] * gain);
        }
        return FloatFormat.store(values, tensor.type());
    }

    /** Name in the original model of a parameter of the pruned one. */
    String originalName(String name) {
        Matcher matcher = LAYER.matcher(name);
        return matcher.matches()
                ? "model.layers." + plan.layers().get(Integer.parseInt(matcher.group(1))) + "." + matcher.group(2)
                : name;
    }

    private double gain(String name) {
        Compensation changes = plan.compensation();
        if (name.equals("model.norm.weight")) {
            return changes.finalGain();
        }
        Matcher matcher = LAYER.matcher(name);
        List<Double> gains = !matcher.matches()
                ? List.of()
                : switch (matcher.group(2)) {
                    case "input_layernorm.weight" -> changes.attentionGain();
                    case "post_attention_layernorm.weight" -> changes.mlpGain();
                    default -> List.of();
                };
        return gains.isEmpty() ? 1 : gains.get(Integer.parseInt(matcher.group(1)));
    }

    /** What stays of a parameter, by its role; the table is that of the Minitron surgery rules. */
    private Slice slice(String name) {
        Matcher matcher = LAYER.matcher(name);
        if (!matcher.matches()) {
            return name.equals("model.norm.weight")
                    ? Slice.of(plan.hidden(), null)
                    : Slice.of(null, cut(plan.hidden(), plan.source().hidden()));
        }
        int layer = Integer.parseInt(matcher.group(1));
        List<Integer> hidden = cut(plan.hidden(), plan.source().hidden());
        List<Integer> ffn = cut(plan.ffn().get(layer), plan.source().ffn());
        List<Integer> queries = channels(plan.heads().get(layer), plan.source().heads());
        List<Integer> keys = channels(plan.groups().get(layer), plan.source().groups());
        return switch (matcher.group(2)) {
            case "input_layernorm.weight", "post_attention_layernorm.weight", "self_attn.o_proj.bias" ->
                Slice.of(hidden, null);
            case "self_attn.q_proj.weight" -> Slice.of(queries, hidden);
            case "self_attn.q_proj.bias" -> Slice.of(queries, null);
            case "self_attn.k_proj.weight", "self_attn.v_proj.weight" -> Slice.of(keys, hidden);
            case "self_attn.k_proj.bias", "self_attn.v_proj.bias" -> Slice.of(keys, null);
            case "self_attn.o_proj.weight" -> Slice.of(hidden, queries);
            case "self_attn.q_norm.weight", "self_attn.k_norm.weight" -> Slice.of(null, null);
            case "mlp.gate_proj.weight", "mlp.up_proj.weight" -> Slice.of(ffn, hidden);
            case "mlp.down_proj.weight" -> Slice.of(hidden, ffn);
            default -> throw new IllegalStateException("no rule for " + name);
        };
    }

    /** Null where everything stays, so that whole tensors are handed through. */
    private static List<Integer> cut(List<Integer> kept, int all) {
        return kept.size() == all ? null : kept;
    }

    private List<Integer> channels(List<Integer> heads, int all) {
        return heads.size() == all ? null : channels(heads, original.config());
    }

    /** Channels of the heads side by side. */
    static List<Integer> channels(List<Integer> heads, ModelConfig config) {
        int width = config.headDim();
        return heads.stream()
                .flatMap(head ->
                        IntStream.range(head * width, (head + 1) * width).boxed())
                .toList();
    }

    @Override
    public void close() {
        scratch.close();
    }
}
