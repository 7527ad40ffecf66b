package io.espalier.gpu.prune;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.espalier.gpu.batch.BatchTensors;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.checkpoint.FloatFormat;
import io.espalier.gpu.checkpoint.ModelDirectory;
import io.espalier.gpu.checkpoint.SafetensorsWriter;
import io.espalier.gpu.checkpoint.TensorType;
import io.espalier.gpu.model.CausalLm;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.Parameters;
import io.espalier.gpu.model.Taps;
import io.espalier.gpu.model.TensorSpec;
import io.espalier.gpu.torch.Dtype;
import io.espalier.gpu.torch.Scope;
import io.espalier.gpu.torch.Torch;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Least-squares refit of o_proj and down_proj where some of their inputs are cut: with G = XᵀX of the full inputs over the
 * calibration text, K the kept and D the dropped columns, W' = W[:,K] + W[:,D] G[D,K] (G[K,K] + λI)⁻¹, so that the kept
 * inputs give what the dropped ones used to (as FLAP and SliceGPT do with other solvers). Owns one G per place, f64.
 */
public final class Refit implements Taps, AutoCloseable {
    private final Torch torch;
    private final CausalLm model;
    private final Parameters weights;
    private final PruningPlan plan;
    private final NDManager manager;
    /** The sums by places, in the numbering of the original's layers. */
    private final Map<Place, NDArray> grams = new LinkedHashMap<>();

    private Scope scope;
    /** The positions that count; null when all do. */
    private NDArray positions;

    /** @param layers positions in {@code plan.layers()} that this pass looks at */
    public Refit(Torch torch, CausalLm model, Parameters weights, PruningPlan plan, List<Integer> layers) {
        this.torch = torch;
        this.model = model;
        this.weights = weights;
        this.plan = plan;
        this.manager = torch.longLived();
        Set<Integer> seen = layers.stream().map(plan.layers()::get).collect(Collectors.toSet());
        for (TensorSpec spec : places(plan, model.config())) {
            if (seen.contains(spec.layer())) {
                grams.put(place(spec), torch.zeros(manager, gram(spec), Dtype.F64));
            }
        }
    }

    /** Matrices of the original whose inputs are seen and some of which a plan takes away. */
    private static List<TensorSpec> places(PruningPlan plan, ModelConfig config) {
        return config.tensors().stream()
                .filter(spec ->
                        spec.matrix() && spec.site() != null && plan.layers().contains(spec.layer()))
                .filter(spec -> inputs(plan, spec) != null)
                .toList();
    }

    /** Inputs of a matrix of the original that stay; null where all do. */
    private static List<Integer> inputs(PruningPlan plan, TensorSpec spec) {
        int position = plan.layers().indexOf(spec.layer());
        return spec.axes().get(1).kept(role -> plan.kept(role, position));
    }

    private static long[] gram(TensorSpec spec) {
        return new long[] {spec.shape()[1], spec.shape()[1]};
    }

    /** Bytes that one layer needs; 0 where the plan leaves nothing to refit. */
    public static long bytesPerLayer(PruningPlan plan, ModelConfig config) {
        return places(plan, config).stream()
                .filter(spec -> spec.layer() == plan.layers().getFirst())
                .mapToLong(spec -> Math.multiplyExact(gram(spec)[0], gram(spec)[1]) * Double.BYTES)
                .sum();
    }

    /** Runs the full model over one batch. */
    public void add(TokenBatch batch) {
        try (Scope pass = torch.inference()) {
            scope = pass;
            positions = batch.lossMask() == null
                    ? null
                    : BatchTensors.mask(pass, batch).reshape(batch.rows(), batch.seqLength());
            NDArray ids = BatchTensors.inputs(pass, batch, model.config().vocabSize());
            model.hidden(pass, ids, batch.documents(), weights, this);
        } finally {
            scope = null;
            positions = null;
        }
    }

    @Override
    public void see(Site site, int layer, NDArray value) {
        NDArray gram = grams.get(new Place(site, layer));
        if (gram != null) {
            try (Scope inner = scope.child()) {
                NDArray seen = positions == null
                        ? value
                        : inner.run("masked", value, positions).head();
                inner.run("add_gram", gram, seen);
            }
        }
    }

    /** The parameters that a plan leaves something to refit in, by their names in the pruned model, as stored there. */
    public static List<SafetensorsWriter.Entry> entries(PrunedModel pruned, PruningPlan plan, ModelConfig original) {
        Set<String> places =
                places(plan, original).stream().map(TensorSpec::name).collect(Collectors.toSet());
        return pruned.config().tensors().stream()
                .filter(spec -> places.contains(pruned.originalName(spec.name())))
                .map(spec -> {
                    TensorType type = pruned.type(spec.name());
                    return new SafetensorsWriter.Entry(spec.name(), type, spec.shape(), spec.elements() * type.bytes());
                })
                .toList();
    }

    /** Whether this pass looks at a parameter of the pruned model. */
    public boolean covers(PrunedModel pruned, String name) {
        return grams.containsKey(place(original(pruned, name)));
    }

    private static Place place(TensorSpec spec) {
        return new Place(spec.site(), spec.layer());
    }

    private TensorSpec original(PrunedModel pruned, String name) {
        String originalName = pruned.originalName(name);
        return model.config().tensors().stream()
                .filter(spec -> spec.name().equals(originalName))
                .findFirst()
                .orElseThrow();
    }

    /**
     * Solves for one of {@link #entries}.
     *
     * @param ridge λ as a share of the kept inputs' mean energy
     */
    public MemorySegment solve(ModelDirectory original, PrunedModel pruned, String name, double ridge) {
        TensorSpec spec = original(pruned, name);
        List<Integer> kept = inputs(plan, spec);
        try (Scope pass = torch.inference()) {
            NDArray w = torch.load(pass.manager(), original.tensor(spec.name()), Dtype.F32);
            NDArray gram = grams.get(place(spec));
            long[] keptIds = kept.stream().mapToLong(Integer::longValue).toArray();
            long[] droppedIds = IntStream.range(0, (int) gram.getShape().get(0))
                    .filter(i -> java.util.Collections.binarySearch(kept, i) < 0)
                    .mapToLong(i -> i)
                    .toArray();
            float[] fitted = pass.run(
                            "refit",
                            w,
                            gram,
                            pass.manager().create(keptIds),
                            pass.manager().create(droppedIds),
                            ridge)
                    .head()
                    .toFloatArray();
            return FloatFormat.store(rows(fitted, kept.size()), pruned.type(name));
        }
    }

    /** The kept channels of the residual stream. */
    private float[] rows(float[] matrix, int width) {
        float[] rows = new float[plan.hidden().size() * width];
        for (int r = 0; r < plan.hidden().size(); r++) {
            System.arraycopy(matrix, plan.hidden().get(r) * width, rows, r * width, width);
        }
        return rows;
    }

    @Override
    public void close() {
        manager.close();
    }
}
