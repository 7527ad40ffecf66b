package io.espalier.gpu.prune;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.espalier.gpu.model.CausalLm;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.Parameters;
import io.espalier.gpu.model.Taps;
import io.espalier.gpu.torch.Dtype;
import io.espalier.gpu.torch.Scope;
import io.espalier.gpu.torch.Torch;
import io.espalier.gpu.train.BatchTensors;
import io.espalier.gpu.train.TokenBatch;

/**
 * Importance from activations alone, in one pass without gradients over packed rows. Sums are f64, so neither the order
 * nor the size of micro-batches changes a ranking. Owns its accumulators.
 */
public final class Calibration implements Taps, AutoCloseable {
    private final Torch torch;
    private final CausalLm model;
    private final Parameters weights;
    private final NDManager manager;
    private final NDArray[] attentionNorm;
    private final NDArray[] mlpNorm;
    private final NDArray[] heads;
    private final NDArray[] ffn;
    private final NDArray[] cosine;
    private NDArray layerInput;
    private Scope scope;
    private long rows;
    private long tokens;

    public Calibration(Torch torch, CausalLm model, Parameters weights) {
        this.torch = torch;
        this.model = model;
        this.weights = weights;
        this.manager = torch.longLived();
        ModelConfig c = model.config();
        this.attentionNorm = accumulators(c.hiddenSize());
        this.mlpNorm = accumulators(c.hiddenSize());
        this.heads = accumulators(c.numAttentionHeads() * c.headDim());
        this.ffn = accumulators(c.intermediateSize());
        this.cosine = accumulators(1);
    }

    private NDArray[] accumulators(int size) {
        NDArray[] sums = new NDArray[model.config().numHiddenLayers()];
        for (int l = 0; l < sums.length; l++) {
            sums[l] = torch.zeros(manager, new long[] {size}, Dtype.F64);
        }
        return sums;
    }

    /** Runs the full model over the inputs of one batch and adds what it saw. */
    public void add(TokenBatch batch) {
        model.config().checkSequence(batch.seqLength());
        try (Scope pass = torch.inference()) {
            scope = pass;
            NDArray ids = BatchTensors.inputs(pass, batch, model.config().vocabSize());
            model.hidden(pass, ids, weights, this);
            rows += batch.rows();
            tokens += (long) batch.rows() * batch.seqLength();
        } finally {
            scope = null;
            layerInput = null;
        }
    }

    @Override
    public void see(Site site, int layer, NDArray value) {
        switch (site) {
            case LAYER_INPUT -> layerInput = value;
            case ATTENTION_NORM -> addChannels(attentionNorm[layer], value);
            case O_PROJ_INPUT -> addChannels(heads[layer], value);
            case MLP_NORM -> addChannels(mlpNorm[layer], value);
            case DOWN_PROJ_INPUT -> addChannels(ffn[layer], value);
            case LAYER_OUTPUT -> scope.run("cosine_sum", cosine[layer], layerInput, value);
        }
    }

    /** Adds, per channel and row, the square of the mean absolute value over the sequence. */
    private void addChannels(NDArray sums, NDArray value) {
        scope.run("mean_abs_squares", sums, value);
    }

    /** Rows seen. */
    public long rows() {
        return rows;
    }

    /** The scores of everything seen so far. */
    public Importance importance() {
        ModelConfig c = model.config();
        int layers = c.numHiddenLayers();
        double[] hidden = new double[c.hiddenSize()];
        double[][] ffnScores = new double[layers][];
        double[][] headScores = new double[layers][];
        double[] blockInfluence = new double[layers];
        for (int l = 0; l < layers; l++) {
            addRoots(hidden, attentionNorm[l]);
            addRoots(hidden, mlpNorm[l]);
            ffnScores[l] = new double[c.intermediateSize()];
            addRoots(ffnScores[l], ffn[l]);
            headScores[l] = headNorms(heads[l].toDoubleArray(), c.headDim());
            blockInfluence[l] = 1 - cosine[l].getDouble(0) / tokens;
        }
        return new Importance(hidden, ffnScores, headScores, blockInfluence);
    }

    private static void addRoots(double[] into, NDArray sums) {
        double[] squares = sums.toDoubleArray();
        for (int i = 0; i < into.length; i++) {
            into[i] += Math.sqrt(squares[i]);
        }
    }

    /** L2 norm over each head's channels of the channel scores, whose squares the sums already are. */
    private static double[] headNorms(double[] squares, int headDim) {
        double[] norms = new double[squares.length / headDim];
        for (int i = 0; i < squares.length; i++) {
            norms[i / headDim] += squares[i];
        }
        for (int h = 0; h < norms.length; h++) {
            norms[h] = Math.sqrt(norms[h]);
        }
        return norms;
    }

    @Override
    public void close() {
        manager.close();
    }
}
