package io.espalier.gpu.prune;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.espalier.gpu.model.CausalLm;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.Parameters;
import io.espalier.gpu.model.Taps;
import io.espalier.gpu.model.TensorSpec;
import io.espalier.gpu.torch.Dtype;
import io.espalier.gpu.torch.Scope;
import io.espalier.gpu.torch.Torch;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The latencies of shapes on this device: the time of a forward pass over {@code batch} rows of {@code seqLength}
 * tokens, with logits for the last position of each. A decoder layer of each width is timed once, on random weights; a
 * model is its layers and what stands around them.
 */
public final class LatencyTable {
    private static final int LAYERS = 3;
    private static final int REPEATS = 5;
    private static final double DEVIATION = 0.02;

    /** Widths that a layer's time depends on. */
    private record Widths(int hidden, int ffn, int heads, int groups) {}

    private record Times(double around, double layer) {}

    private final Torch torch;
    private final ModelConfig model;
    private final int batch;
    private final int seqLength;
    private final Map<Widths, Times> measured = new HashMap<>();

    public LatencyTable(Torch torch, ModelConfig model, int batch, int seqLength) {
        this.torch = torch;
        this.model = model;
        this.batch = batch;
        this.seqLength = seqLength;
    }

    /** Milliseconds of a forward pass of the shape; measures its layer when it is new. */
    public double millis(ArchitectureSearch.Candidate shape) {
        Widths widths = new Widths(
                shape.hiddenSize(), shape.intermediateSize(), shape.numAttentionHeads(), shape.numKeyValueHeads());
        Times times = measured.computeIfAbsent(widths, this::measure);
        return times.around + shape.numHiddenLayers() * times.layer;
    }

    private Times measure(Widths w) {
        ModelConfig config = model.withShape(w.hidden, w.ffn, w.heads, w.groups, List.of(0));
        try (NDManager manager = torch.longLived()) {
            Map<String, NDArray> weights = config.tensors().stream()
                    .collect(Collectors.toMap(TensorSpec::name, spec -> random(manager, spec)));
            CausalLm one = new CausalLm(torch, config);
            NDArray head = weights.get(one.headName());
            double around = median(one.keeping(List.of()), weights::get, head);
            double whole = median(one.keeping(Collections.nCopies(LAYERS, 0)), weights::get, head);
            return new Times(around, Math.max(0, whole - around) / LAYERS);
        }
    }

    private NDArray random(NDManager manager, TensorSpec spec) {
        Dtype type = spec.shape().length > 1 ? torch.compute() : Dtype.F32;
        return torch.normal(manager, spec.shape(), type, DEVIATION);
    }

    private double median(CausalLm layers, Parameters weights, NDArray head) {
        double[] millis = new double[REPEATS];
        pass(layers, weights, head);
        for (int i = 0; i < REPEATS; i++) {
            long start = System.nanoTime();
            pass(layers, weights, head);
            millis[i] = (System.nanoTime() - start) / 1e6;
        }
        Arrays.sort(millis);
        return millis[REPEATS / 2];
    }

    private void pass(CausalLm layers, Parameters weights, NDArray head) {
        try (Scope scope = torch.inference()) {
            NDArray ids = scope.ids(new long[batch * seqLength], batch);
            NDArray logits = scope.run("last_logits", layers.hidden(scope, ids, weights, Taps.NONE), head)
                    .head();
            // Reading a number waits for the device.
            scope.run("first", logits).head().getFloat();
        }
    }
}
