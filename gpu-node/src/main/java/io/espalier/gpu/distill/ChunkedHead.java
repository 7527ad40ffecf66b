package io.espalier.gpu.distill;

import ai.djl.ndarray.NDArray;
import io.espalier.gpu.torch.Scope;

/**
 * The student's head and a logit loss over it, a chunk of tokens at a time: memory is O(chunk × vocabulary), never
 * O(tokens × vocabulary). Gradients are closed forms (with z the student's logits, q = softmax(z), p the teacher's
 * probabilities: forward KL has dL/dz = q - p, cross entropy q - onehot), so no graph is kept.
 *
 * <p>Sums, not means: the mean over the targets of a global batch is taken when that batch is complete.
 */
public final class ChunkedHead {
    private final long chunkBytes;

    /** @param chunkBytes how large the f32 logits of one chunk may be */
    public ChunkedHead(long chunkBytes) {
        this.chunkBytes = chunkBytes;
    }

    /**
     * The outcome of a loss, owned by the scope that it was computed in.
     *
     * @param sum loss in nats summed over counted targets; f64, [1], on the device
     * @param hiddenGradient d sum / d hidden, [N, C], f32
     */
    public record Outcome(NDArray sum, NDArray hiddenGradient) {}

    /**
     * Forward KL(teacher ‖ student) at temperature 1.
     *
     * @param hidden student's final hidden states [N, C]
     * @param head student's head [V, C]
     * @param teacherHidden [N, C']
     * @param teacherHead [V, C'], in the compute type
     * @param mask [N], 1 where a target counts, else 0
     * @param headGradient [V, C], f32: d sum / d head is added to it
     */
    public Outcome forwardKl(
            Scope scope,
            NDArray hidden,
            NDArray head,
            NDArray teacherHidden,
            NDArray teacherHead,
            NDArray mask,
            NDArray headGradient) {
        NDArray w = scope.run("to", head, scope.compute()).head();
        return chunked(
                scope,
                hidden,
                head,
                (inner, gradient, sum, start, count) -> inner.run(
                        "forward_kl",
                        hidden,
                        w,
                        teacherHidden,
                        teacherHead,
                        mask,
                        gradient,
                        headGradient,
                        sum,
                        start,
                        count));
    }

    /**
     * Cross entropy with the data's own next tokens.
     *
     * @param targets [N], int64; see {@link #forwardKl} for the rest
     */
    public Outcome crossEntropy(
            Scope scope, NDArray hidden, NDArray head, NDArray targets, NDArray mask, NDArray headGradient) {
        NDArray w = scope.run("to", head, scope.compute()).head();
        return chunked(
                scope,
                hidden,
                head,
                (inner, gradient, sum, start, count) -> inner.run(
                        "cross_entropy", hidden, w, targets, mask, gradient, headGradient, sum, start, count));
    }

    private interface Chunk {
        void run(Scope inner, NDArray gradient, NDArray sum, long start, long count);
    }

    private Outcome chunked(Scope scope, NDArray hidden, NDArray head, Chunk chunk) {
        long tokens = hidden.getShape().get(0);
        NDArray gradient = scope.empty(hidden.getShape().getShape());
        NDArray sum = scope.sums(1);
        long rows = rowsPerChunk(head.getShape().get(0));
        for (long start = 0; start < tokens; start += rows) {
            try (Scope inner = scope.child()) {
                chunk.run(inner, gradient, sum, start, Math.min(rows, tokens - start));
            }
        }
        return new Outcome(sum, gradient);
    }

    /** Tokens whose f32 logits over the vocabulary fit the chunk; at least one. */
    public long rowsPerChunk(long vocabulary) {
        return Math.max(1, chunkBytes / (vocabulary * Float.BYTES));
    }
}
