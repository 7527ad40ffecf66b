package io.espalier.gpu.model;

import io.espalier.gpu.torch.Dtype;

/**
 * Bytes that the activations of a decoder take. Counted operator by operator from {@link DecoderLayer} and its kernels, and
 * to be changed with them.
 *
 * @param compute type of the matrix products
 * @param tokens of a micro-batch
 * @param blocked positions of a row whose attention is done in blocks, and keeps what it made of its scores; 0 where it is
 *     fused
 */
public record ActivationMemory(ModelConfig config, Dtype compute, long tokens, int blocked) {
    private static final long F32 = Float.BYTES;
    /** As in the kernel {@code attend}: queries of a block, and the longest row that is cut into such. */
    private static final int BLOCK = 128;

    private static final int LONGEST = 1024;

    /** Of {@code rows} rows. */
    public static ActivationMemory of(ModelConfig config, Dtype compute, boolean gpu, int rows, int seqLength) {
        long tokens = Math.multiplyExact((long) rows, seqLength);
        return new ActivationMemory(config, compute, tokens, gpu || seqLength > LONGEST ? 0 : seqLength);
    }

    private boolean rounded() {
        return compute != Dtype.F32;
    }

    private long queries() {
        return (long) config.numAttentionHeads() * config.headDim();
    }

    private long keys() {
        return (long) config.numKeyValueHeads() * config.headDim();
    }

    /** An RMSNorm for its backward pass: its input in f32, that times the reciprocal norm, and two numbers a row. */
    private static long norm(long channels, long rows) {
        return 2 * F32 * channels + 2 * F32 * rows;
    }

    /**
     * What the graph of one layer holds for its backward pass, without copies of weights: norms; inputs of matrix
     * products; what attention and the gate need.
     */
    public long recordedLayer() {
        long c = compute.bytes();
        long hidden = config.hiddenSize();
        long norms = 2 * norm(hidden, 1);
        if (config.modelType().qkNorm()) {
            norms += norm(queries(), config.numAttentionHeads()) + norm(keys(), config.numKeyValueHeads());
        }
        long inputs = 2 * c * hidden;
        long gate = 4 * c * config.intermediateSize();
        return tokens * (norms + inputs + attention() + gate);
    }

    private long attention() {
        long c = compute.bytes();
        int heads = config.numAttentionHeads();
        if (blocked > 0) {
            // Queries, the heads' outputs, keys and values, and probabilities over half of the row and half a block.
            return c * (2 * queries() + 2 * keys() + (long) heads * (blocked + BLOCK) / 2);
        }
        boolean shared = heads == config.numKeyValueHeads();
        // q, k and v as wide as the queries, the heads' outputs, and the logarithm of a sum for each head.
        return 4 * c * queries() + F32 * heads - (shared && rounded() ? c * keys() : 0);
    }

    /** What one layer that is not recorded holds until it ends: the result of each operator. */
    public long plainLayer() {
        long c = compute.bytes();
        long hidden = config.hiddenSize();
        long normed = config.modelType().qkNorm() ? F32 : 0;
        long stream = F32 * 5 * hidden + (rounded() ? 4 : 2) * c * hidden;
        long heads = (c + normed + F32) * (queries() + keys()) + c * keys() + c * queries();
        return tokens * (stream + heads + 3 * c * config.intermediateSize());
    }

    /** The residual stream at one place. */
    public long stream() {
        return tokens * F32 * config.hiddenSize();
    }

    /** The last norm, the final states and their gradient. */
    public long end() {
        return tokens * norm(config.hiddenSize(), 1) + 2 * stream();
    }

    /** Gradients of one layer on their way: three as wide as ffn in the compute type, two of the residual stream. */
    public long layerGradients() {
        return tokens * 3 * compute.bytes() * config.intermediateSize() + 2 * stream();
    }

    /** Copies of a layer's matrices in the compute type, which its graph holds; none where the masters are of it. */
    public long layerCopies() {
        return rounded() ? copies("model.layers.0.") : 0;
    }

    /** The same of the head. */
    public long headCopy() {
        return rounded() ? (long) compute.bytes() * config.vocabSize() * config.hiddenSize() : 0;
    }

    private long copies(String prefix) {
        return config.tensors().stream()
                .filter(spec -> spec.name().startsWith(prefix) && spec.shape().length > 1)
                .mapToLong(spec -> compute.bytes() * spec.elements())
                .sum();
    }
}
