package io.espalier.gpu.prune;

import ai.djl.ndarray.NDArray;
import io.espalier.gpu.batch.BatchTensors;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.model.CausalLm;
import io.espalier.gpu.model.Parameters;
import io.espalier.gpu.torch.Scope;
import io.espalier.gpu.torch.Torch;

/**
 * Adds up activations of the full model in one pass without gradients over packed rows. Values are f32 and sums f64, so
 * neither the order nor the size of micro-batches changes a ranking. Positions whose target does not count are left out.
 * Owns its accumulators.
 */
public final class Calibration implements AutoCloseable {
    private final Torch torch;
    private final CausalLm model;
    private final Parameters weights;
    private final boolean blocks;
    private final LayerSums sums;

    /**
     * @param blocks whether to compare the input of each layer with the output of every later one, too: needed for the
     *     contiguous depth criterion; holds a residual stream a layer during a pass
     */
    public Calibration(Torch torch, CausalLm model, Parameters weights, boolean blocks) {
        this.torch = torch;
        this.model = model;
        this.weights = weights;
        this.blocks = blocks;
        this.sums = new LayerSums(torch, model.config(), 0, model.config().numHiddenLayers(), blocks);
    }

    /** Runs the full model over the inputs of one batch and adds what it saw. */
    public void add(TokenBatch batch) {
        try (Scope scope = torch.inference()) {
            NDArray ids = BatchTensors.inputs(scope, batch, model.config().vocabSize());
            model.hidden(
                    scope,
                    ids,
                    batch.documents(),
                    weights,
                    sums.pass(scope, batch.rows(), batch.seqLength(), batch.lossMask()));
        }
    }

    /** Rows seen. */
    public long rows() {
        return sums.rows();
    }

    /** The sums of everything seen so far. */
    public ActivationStatistics statistics() {
        int layers = model.config().numHiddenLayers();
        double[][] cosines = new double[layers][layers];
        for (int from = 0; from < layers; from++) {
            for (int to = 0; to < layers; to++) {
                cosines[from][to] = sums.cosine(from, to).getDouble(0);
            }
        }
        return ActivationStatistics.of(
                model.config(),
                sums.rows(),
                sums.tokens(),
                place -> sums.channels().get(place).toDoubleArray(),
                cosines,
                blocks);
    }

    @Override
    public void close() {
        sums.close();
    }
}
