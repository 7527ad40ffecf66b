package io.espalier.gpu.prune;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.espalier.gpu.batch.BatchTensors;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.model.CausalLm;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.Parameters;
import io.espalier.gpu.model.Taps;
import io.espalier.gpu.torch.Dtype;
import io.espalier.gpu.torch.Scope;
import io.espalier.gpu.torch.Torch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Adds up activations of the full model in one pass without gradients over packed rows. Values are f32 and sums f64, so
 * neither the order nor the size of micro-batches changes a ranking. Positions whose target does not count are left out.
 * Owns its accumulators.
 */
public final class Calibration implements Taps, AutoCloseable {
    private final Torch torch;
    private final CausalLm model;
    private final Parameters weights;
    private final boolean blocks;
    private final NDManager manager;
    private final NDArray[] attentionNorm;
    private final NDArray[] mlpNorm;
    private final NDArray[] heads;
    private final NDArray[] ffn;
    private final NDArray finalNorm;
    private final NDArray[][] cosines;
    private long rows;
    private long tokens;

    /** What one pass needs, for as long as it runs. */
    private Pass pass;

    private record Pass(Scope scope, NDArray positions, NDArray counts, boolean masked, List<NDArray> inputs) {}

    /**
     * @param blocks whether to compare the input of each layer with the output of every later one, too: needed for the
     *     contiguous depth criterion; holds a residual stream a layer during a pass
     */
    public Calibration(Torch torch, CausalLm model, Parameters weights, boolean blocks) {
        this.torch = torch;
        this.model = model;
        this.weights = weights;
        this.blocks = blocks;
        this.manager = torch.longLived();
        ModelConfig c = model.config();
        int layers = c.numHiddenLayers();
        this.attentionNorm = accumulators(layers, ChannelSums.KINDS, c.hiddenSize());
        this.mlpNorm = accumulators(layers, ChannelSums.KINDS, c.hiddenSize());
        this.heads = accumulators(layers, ChannelSums.KINDS, (long) c.numAttentionHeads() * c.headDim());
        this.ffn = accumulators(layers, ChannelSums.KINDS, c.intermediateSize());
        this.finalNorm = accumulators(1, ChannelSums.KINDS, c.hiddenSize())[0];
        this.cosines = new NDArray[layers][];
        Arrays.setAll(cosines, from -> accumulators(layers, 1));
    }

    private NDArray[] accumulators(int count, long... shape) {
        NDArray[] sums = new NDArray[count];
        Arrays.setAll(sums, i -> torch.zeros(manager, shape, Dtype.F64));
        return sums;
    }

    /** Runs the full model over the inputs of one batch and adds what it saw. */
    public void add(TokenBatch batch) {
        model.config().checkSequence(batch.seqLength());
        try (Scope scope = torch.inference()) {
            NDArray ids = BatchTensors.inputs(scope, batch, model.config().vocabSize());
            NDArray positions = BatchTensors.mask(scope, batch).reshape(batch.rows(), batch.seqLength());
            NDArray counts = scope.manager().create(counts(batch)).reshape(batch.rows(), 1);
            pass = new Pass(scope, positions, counts, batch.lossMask() != null, new ArrayList<>());
            model.hidden(scope, ids, weights, this);
            rows += batch.rows();
            tokens += batch.targets();
        } finally {
            pass = null;
        }
    }

    /** Positions of each row that count; of a row without any, 1, since its sums are 0. */
    private static double[] counts(TokenBatch batch) {
        double[] counts = new double[batch.rows()];
        for (int i = 0; i < batch.rows() * batch.seqLength(); i++) {
            counts[i / batch.seqLength()] += batch.lossMask() == null || batch.lossMask()[i] ? 1 : 0;
        }
        return Arrays.stream(counts).map(n -> Math.max(n, 1)).toArray();
    }

    @Override
    public void see(Site site, int layer, NDArray value) {
        switch (site) {
            case LAYER_INPUT -> {
                if (!blocks) {
                    pass.inputs.forEach(NDArray::close);
                    pass.inputs.clear();
                }
                pass.inputs.add(pass.scope.run("unit", value).head());
            }
            case ATTENTION_NORM -> addChannels(attentionNorm[layer], value);
            case O_PROJ_INPUT -> addChannels(heads[layer], value);
            case MLP_NORM -> addChannels(mlpNorm[layer], value);
            case DOWN_PROJ_INPUT -> addChannels(ffn[layer], value);
            case LAYER_OUTPUT -> addCosines(layer, value);
            case FINAL_NORM -> addChannels(finalNorm, value);
        }
    }

    private void addChannels(NDArray sums, NDArray value) {
        try (Scope inner = pass.scope.child()) {
            NDArray seen =
                    pass.masked ? inner.run("masked", value, pass.positions).head() : value;
            inner.run("channel_sums", sums, seen, pass.counts);
        }
    }

    private void addCosines(int to, NDArray output) {
        try (Scope inner = pass.scope.child()) {
            NDArray unit = inner.run("unit", output).head();
            for (int i = 0; i < pass.inputs.size(); i++) {
                int from = to + 1 - pass.inputs.size() + i;
                inner.run("dot_sum", cosines[from][to], pass.inputs.get(i), unit, pass.positions);
            }
        }
    }

    /** Rows seen. */
    public long rows() {
        return rows;
    }

    /** The sums of everything seen so far. */
    public ActivationStatistics statistics() {
        double[][] sums = new double[cosines.length][cosines.length];
        for (int from = 0; from < cosines.length; from++) {
            for (int to = 0; to < cosines.length; to++) {
                sums[from][to] = cosines[from][to].getDouble(0);
            }
        }
        return new ActivationStatistics(
                rows,
                tokens,
                channels(attentionNorm),
                channels(heads),
                channels(mlpNorm),
                channels(ffn),
                channels(finalNorm),
                sums,
                blocks,
                new double[0],
                0);
    }

    private static List<ChannelSums> channels(NDArray[] layers) {
        return Arrays.stream(layers).map(Calibration::channels).toList();
    }

    private static ChannelSums channels(NDArray sums) {
        double[] flat = sums.toDoubleArray();
        double[][] kinds = new double[ChannelSums.KINDS][];
        int channels = flat.length / kinds.length;
        Arrays.setAll(kinds, k -> Arrays.copyOfRange(flat, k * channels, (k + 1) * channels));
        return new ChannelSums(kinds);
    }

    @Override
    public void close() {
        manager.close();
    }
}
