package io.espalier.gpu.model;

import io.espalier.gpu.model.AttentionBlock.QueryKeyNorm;
import io.espalier.gpu.torch.Dtype;

/**
 * Bytes that the activations of a decoder take. Counted operator by operator from the {@link Part}s and their kernels, and
 * to be changed with them.
 *
 * @param compute type of the matrix products
 * @param tokens of a micro-batch
 * @param blocked positions of a row whose attention is done in blocks, and keeps what it made of its scores; 0 where it is
 *     fused
 */
public record ActivationMemory(ModelConfig config, Dtype compute, long tokens, int blocked) {
    private static final long F32 = Float.BYTES;
    /**
     * The queries of a block in the kernel {@code attend}; the next constant is the longest row that is cut into
     * blocks.
     */
    private static final int BLOCK = 128;

    private static final int LONGEST = 1024;

    /** The activations of {@code rows} rows of {@code seqLength} positions each. */
    public static ActivationMemory of(ModelConfig config, Dtype compute, boolean gpu, int rows, int seqLength) {
        long tokens = Math.multiplyExact((long) rows, seqLength);
        return new ActivationMemory(config, compute, tokens, gpu || seqLength > LONGEST ? 0 : seqLength);
    }

    private boolean rounded() {
        return compute != Dtype.F32;
    }

    /** An RMSNorm for its backward pass: its input in f32, that times the reciprocal norm, and two numbers a row. */
    private static long norm(long channels, long rows) {
        return 2 * F32 * channels + 2 * F32 * rows;
    }

    /**
     * Bytes that the graphs of all layers hold for their backward pass, without copies of weights: norms; inputs of
     * matrix products; values that attention and the gate need.
     */
    public long recordedLayers() {
        return config.anatomy().layers().stream().mapToLong(this::recorded).sum();
    }

    /** Bytes that the graph of the largest layer holds for its backward pass, without copies of weights. */
    public long recordedLayer() {
        return config.anatomy().layers().stream()
                .mapToLong(this::recorded)
                .max()
                .orElse(0);
    }

    private long recorded(Anatomy.Layer layer) {
        long norms = config.anatomy().norms().count() * norm(config.hiddenSize(), 1);
        long inputs = 2L * compute.bytes() * config.hiddenSize();
        return tokens * (norms + inputs + recorded(layer.mixer()) + recorded(layer.mlp()));
    }

    private long recorded(Block block) {
        return switch (block) {
            case AttentionBlock a ->
                queryKeyNorms(a)
                        + attention(a)
                        + (a.gated() ? 2L * compute.bytes() * a.queries().size() : 0);
            case DeltaNetBlock d -> recordedDelta(d);
            case MlpBlock m -> 4L * compute.bytes() * m.ffn();
            case ExpertsBlock e ->
                (long) e.perToken() * compute.bytes() * (4L * e.ffn() + 2L * e.hidden()) + routing(e);
        };
    }

    /**
     * The convolution's input and output; queries and keys repeated, normed, weighted by decay and by beta; values twice; what
     * the triangular systems give; five matrices as wide as a chunk; a state for every chunk, thrice; the gated norm.
     */
    private long recordedDelta(DeltaNetBlock d) {
        long keys = (long) d.valueHeads() * d.keyDim();
        long chunk = (long) d.valueHeads() * 5 * DeltaNetBlock.CHUNK;
        long states = 3 * keys * d.valueDim() / DeltaNetBlock.CHUNK;
        return 2L * compute.bytes() * (d.mixed() + d.values())
                + F32 * (9 * keys + 5L * d.values() + chunk + states)
                + norm(d.values(), d.valueHeads());
    }

    /** Logits, probabilities and weights of all experts, and what they add up to. */
    private static long routing(ExpertsBlock e) {
        return F32 * (3L * e.experts() + e.hidden());
    }

    private static long queryKeyNorms(AttentionBlock a) {
        boolean each = a.queryKeyNorm() == QueryKeyNorm.HEAD;
        return a.queryKeyNorm() == QueryKeyNorm.NONE
                ? 0
                : norm(a.queries().size(), each ? a.heads() : 1) + norm(a.keys().size(), each ? a.groups() : 1);
    }

    private long attention(AttentionBlock a) {
        long c = compute.bytes();
        long queries = a.queries().size();
        if (blocked > 0 || a.window() != null) {
            // Queries, the heads' outputs, keys and values, and probabilities over half of the row and half a block, or
            // over the window and a block.
            long met = blocked > 0 ? (blocked + BLOCK) / 2 : Long.MAX_VALUE;
            long reached = a.window() == null ? met : Math.min(met, (long) a.window() + BLOCK);
            return c * (2 * queries + 2 * a.keys().size() + a.heads() * reached);
        }
        boolean shared = a.heads() == a.groups();
        // q, k and v as wide as the queries, the heads' outputs, and the logarithm of a sum for each head.
        return 4 * c * queries
                + F32 * a.heads()
                - (shared && rounded() ? c * a.keys().size() : 0);
    }

    /** Bytes that the largest layer holds until it ends where no graph is recorded: the result of each operator. */
    public long plainLayer() {
        return config.anatomy().layers().stream().mapToLong(this::plain).max().orElse(0);
    }

    private long plain(Anatomy.Layer layer) {
        long stream = F32 * 5 * config.hiddenSize() + (rounded() ? 4L : 2L) * compute.bytes() * config.hiddenSize();
        return tokens * (stream + plain(layer.mixer()) + plain(layer.mlp()));
    }

    private long plain(Block block) {
        long c = compute.bytes();
        return switch (block) {
            case AttentionBlock a -> {
                long normed = a.queryKeyNorm() == QueryKeyNorm.NONE ? 0 : F32;
                long queries = a.queries().size();
                long keys = a.keys().size();
                yield (c + normed + F32) * (queries + keys) + c * keys + c * queries;
            }
            case DeltaNetBlock d -> c * (2L * d.mixed() + 2L * d.values()) + recordedDelta(d);
            case MlpBlock m -> 3 * c * m.ffn();
            case ExpertsBlock e -> e.perToken() * c * (3L * e.ffn() + 2L * e.hidden()) + routing(e);
        };
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

    /** Copies of the matrices of all layers in the compute type, which their graphs hold; none where the masters are of it. */
    public long layersCopies() {
        return rounded() ? copies(-1) : 0;
    }

    /** Copies of the matrices of the first layer in the compute type; none where the masters are of it. */
    public long layerCopies() {
        return rounded() ? copies(0) : 0;
    }

    /** A copy of the head in the compute type; none where the master is of it. */
    public long headCopy() {
        return rounded() ? (long) compute.bytes() * config.vocabSize() * config.hiddenSize() : 0;
    }

    private long copies(int layer) {
        return config.tensors().stream()
                .filter(spec -> spec.matrix() && spec.layer() >= 0 && (layer < 0 || spec.layer() == layer))
                .mapToLong(spec -> compute.bytes() * spec.elements())
                .sum();
    }
}
