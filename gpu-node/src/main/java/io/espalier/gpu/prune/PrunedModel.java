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
import java.util.stream.Collectors;

/**
 * A stored model seen through a plan: each tensor of the pruned model as a pure function of the plan and one tensor of
 * the original. Kept elements keep their bits and their order, but for what compensation changes. One thread's.
 */
public final class PrunedModel implements Function<String, TensorData>, AutoCloseable {
    private final ModelDirectory original;
    private final PruningPlan plan;
    private final SafetensorsFile refit;
    private final ModelConfig config;
    private final Map<String, TensorSpec> specs;
    private final Map<String, TensorSpec> originals;
    private Arena scratch = Arena.ofConfined();

    /** @param refit weights that replace those of the cut, or null; stays the caller's */
    public PrunedModel(ModelDirectory original, PruningPlan plan, SafetensorsFile refit) {
        this.original = original;
        this.plan = plan;
        this.refit = refit;
        this.config = plan.apply(original.config());
        this.specs = byName(config);
        this.originals = byName(original.config());
    }

    private static Map<String, TensorSpec> byName(ModelConfig config) {
        return config.tensors().stream().collect(Collectors.toMap(TensorSpec::name, spec -> spec));
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
        TensorSpec spec = specs.get(name);
        double gain = gain(spec);
        slice(spec).pieces(tensor, gain == 1 ? consumer : piece -> consumer.accept(scaled(tensor, piece, gain)));
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

    private MemorySegment scaled(TensorData tensor, MemorySegment piece, double gain) {
        long elements = piece.byteSize() / tensor.type().bytes();
        float[] values = FloatFormat.floats(new TensorData(tensor.name(), tensor.type(), new long[] {elements}, piece));
        double offset = config.anatomy().norms().offset();
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) ((values[i] + offset) * gain - offset);
        }
        return FloatFormat.store(values, tensor.type());
    }

    /** Name in the original model of a parameter of the pruned one. */
    String originalName(String name) {
        TensorSpec spec = specs.get(name);
        return spec.layer() < 0
                ? name
                : spec.in(plan.layers().get(spec.layer()), plan.expert(spec.layer(), spec.expert()));
    }

    private double gain(TensorSpec spec) {
        Compensation changes = plan.compensation();
        List<Double> gains = switch (spec.site()) {
            case ATTENTION_NORM -> changes.attentionGain();
            case MLP_NORM -> changes.mlpGain();
            case FINAL_NORM -> List.of(changes.finalGain());
            case null -> List.of();
            case LAYER_INPUT, O_PROJ_INPUT, DOWN_PROJ_INPUT, EXPERTS, LAYER_OUTPUT -> List.of();
        };
        return gains.isEmpty() ? 1 : gains.get(Math.max(0, spec.layer()));
    }

    /** The part of a parameter that stays, by the roles of its axes in the original. */
    private Slice slice(TensorSpec spec) {
        List<List<Integer>> kept = originals.get(originalName(spec.name())).axes().stream()
                .map(axis -> axis.kept(role -> plan.kept(role, spec.layer())))
                .toList();
        return Slice.of(kept);
    }

    @Override
    public void close() {
        scratch.close();
    }
}
