package io.espalier.gpu.distill;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import io.espalier.gpu.torch.Scope;
import java.util.Arrays;

/**
 * The student's head and logit losses over it, a chunk of tokens at a time: memory is O(chunk × vocabulary), never
 * O(tokens × vocabulary). Gradients are closed forms, so no graph is kept.
 *
 * <p>Sums, not means: the mean over the targets of a global batch is taken when that batch is complete.
 */
public final class ChunkedHead {
    private static final long MIN_PRODUCT_ROWS = 256;

    private static final LogitLoss.Divergence KL = new LogitLoss.ForwardKl();

    private final long tileBytes;
    private final boolean observing;

    /** @param tileBytes how large the f32 logits may be that are worked on at once: about the processor's cache */
    public ChunkedHead(long tileBytes) {
        this(tileBytes, false);
    }

    private ChunkedHead(long tileBytes, boolean observing) {
        this.tileBytes = tileBytes;
        this.observing = observing;
    }

    /**
     * The same head, which besides tells how far the student is from its teacher, and how likely the teacher finds the
     * text. Costs next to nothing where forward KL at temperature 1 is part of the mix, and a pass over the logits or
     * two elsewhere.
     */
    public ChunkedHead observing() {
        return new ChunkedHead(tileBytes, true);
    }

    /**
     * The outcome of a loss, owned by the scope that it was computed in.
     *
     * @param sums f64, [parts], on the device: of each part of the mix, weighted, over counted targets, nats
     * @param observed f64, [2], on the device: KL(teacher ‖ student) and the teacher's negative log-likelihood over counted
     *     targets, nats; null where nobody observes, or nobody teaches
     * @param hiddenGradient d sum / d hidden, [N, C], f32
     */
    public record Outcome(NDArray sums, NDArray observed, NDArray hiddenGradient) {
        /** Adds each part to its place; waits for the device. */
        public void addTo(double[] parts) {
            double[] mine = sums.toDoubleArray();
            for (int i = 0; i < mine.length; i++) {
                parts[i] += mine[i];
            }
        }

        /** All parts together; waits for the device. */
        public double sum() {
            return Arrays.stream(sums.toDoubleArray()).sum();
        }
    }

    /**
     * A model's last hidden states and what makes logits of them.
     *
     * @param hidden [N, C]
     * @param head [V, C], in the compute type
     */
    public record Side(NDArray hidden, NDArray head) {
        public long vocabulary() {
            return head.getShape().get(0);
        }

        /** The side with the logits of the first tokens alone. */
        public Side of(Scope scope, long vocabulary) {
            return vocabulary == vocabulary() ? this : new Side(hidden, firstRows(scope, head, vocabulary));
        }
    }

    /**
     * A mix of losses.
     *
     * @param head the student's master head, [V, C]
     * @param teacher null where the mix needs none
     * @param targets [N], int64; may be null where the mix has no cross entropy, and nobody observes
     * @param mask [N], 1 where a target counts, else 0
     * @param headGradient [V, C], f32: d sum / d head is added to it; null where the head is frozen
     */
    public Outcome loss(
            Scope scope,
            LossMix mix,
            NDArray hidden,
            NDArray head,
            Side teacher,
            NDArray targets,
            NDArray mask,
            NDArray headGradient) {
        Side student = new Side(hidden, scope.run("to", head, scope.compute()).head());
        if (teacher != null && teacher.vocabulary() != student.vocabulary()) {
            // Padding has no probability: one of the two is padded beyond the tokens that both know.
            long known = Math.min(teacher.vocabulary(), student.vocabulary());
            NDArray knownGradient = headGradient == null ? null : firstRows(scope, headGradient, known);
            return loss(scope, mix, student.of(scope, known), teacher.of(scope, known), targets, mask, knownGradient);
        }
        return loss(scope, mix, student, teacher, targets, mask, headGradient);
    }

    private Outcome loss(
            Scope scope, LossMix mix, Side student, Side teacher, NDArray targets, NDArray mask, NDArray headGradient) {
        NDArray hidden = student.hidden;
        long tokens = hidden.getShape().get(0);
        NDArray gradient = scope.empty(hidden.getShape().getShape());
        NDArray sums = scope.sums(mix.parts().size());
        NDArray observed = observing && mix.needsTeacher() ? scope.sums(2) : null;
        long rows = rowsPerProduct(student.vocabulary());
        for (long start = 0; start < tokens; start += rows) {
            try (Scope inner = scope.child()) {
                Chunk chunk = new Chunk(inner, start, Math.min(rows, tokens - start));
                NDArray slope = chunk.slope(mix, student, teacher, targets, mask, sums, observed);
                inner.run("hidden_gradient", slope, student.head, gradient, chunk.start, chunk.count);
                if (headGradient != null) {
                    inner.run("head_gradient", slope, hidden, headGradient, chunk.start, chunk.count);
                }
            }
        }
        return new Outcome(sums, observed, gradient);
    }

    private static NDArray firstRows(Scope scope, NDArray head, long count) {
        return scope.run("first_rows", head, count).head();
    }

    /** Tokens [start, start + count), whose logits are one matrix product, in the compute type. */
    private final class Chunk {
        private final Scope scope;
        private final long start;
        private final long count;

        Chunk(Scope scope, long start, long count) {
            this.scope = scope;
            this.start = start;
            this.count = count;
        }

        /** Adds the chunk's losses to {@code sums}; gives d sum / d logits, [count, V], in the memory of the logits. */
        NDArray slope(
                LossMix mix,
                Side student,
                Side teacher,
                NDArray targets,
                NDArray mask,
                NDArray sums,
                NDArray observed) {
            NDArray logits = logits(student);
            NDArray reference = mix.needsTeacher() ? logits(teacher) : null;
            // The tile that the losses go over several times stays in the processor's cache while they do.
            long rows = rowsPerTile(student.vocabulary());
            for (long at = 0; at < count; at += rows) {
                try (Scope inner = scope.child()) {
                    Tile tile = new Tile(inner, start, at, Math.min(rows, count - at));
                    NDArray slope = tile.slope(mix, logits, reference, targets, mask, sums, observed);
                    inner.run("put_rows", logits, slope, at, tile.count);
                }
            }
            return logits;
        }

        private NDArray logits(Side side) {
            return scope.run("logits", side.hidden, side.head, start, count).head();
        }
    }

    /** Tokens [at, at + count) of the chunk that starts at {@code first}. */
    private record Tile(Scope scope, long first, long at, long count) {
        NDArray slope(
                LossMix mix,
                NDArray logits,
                NDArray reference,
                NDArray targets,
                NDArray mask,
                NDArray sums,
                NDArray observed) {
            double t = mix.temperature();
            NDArray tempered = mix.needsTeacher() ? logProbabilities(logits, t) : null;
            NDArray teacher = mix.needsTeacher() ? logProbabilities(reference, t) : null;
            NDArray plain =
                    !mix.needsTargets() ? null : t == 1 && tempered != null ? tempered : logProbabilities(logits, 1);
            NDArray total = null;
            NDArray kl = null;
            for (int i = 0; i < mix.parts().size(); i++) {
                double weight = mix.parts().get(i).weight();
                NDArray part = switch (mix.parts().get(i).loss()) {
                    case LogitLoss.CrossEntropy _ -> weigh(crossEntropy(plain, targets), mask, weight, weight, sums, i);
                    case LogitLoss.Divergence divergence -> {
                        NDList loss = divergence.of(scope, tempered, teacher);
                        kl = t == 1 && divergence.equals(KL) ? loss.get(0) : kl;
                        yield weigh(loss, mask, weight * t * t, weight * t, sums, i);
                    }
                };
                total = total == null
                        ? part
                        : scope.run("accumulate", total, part).head();
            }
            if (observed != null) {
                NDArray likely = t == 1 ? teacher : logProbabilities(reference, 1);
                NDArray mine = kl != null || t == 1 ? tempered : logProbabilities(logits, 1);
                NDArray far = kl != null ? kl : KL.of(scope, mine, likely).get(0);
                scope.run("observe", far, likely, targets, mask, first + at, count, observed);
            }
            return total;
        }

        private NDArray logProbabilities(NDArray logits, double temperature) {
            return scope.run("log_probabilities", logits, at, count, 1 / temperature)
                    .head();
        }

        private NDList crossEntropy(NDArray plain, NDArray targets) {
            return scope.run("cross_entropy", plain, targets, first + at, count);
        }

        private NDArray weigh(NDList loss, NDArray mask, double value, double slope, NDArray sums, long part) {
            return scope.run("weigh", loss.get(0), loss.get(1), mask, first + at, count, value, slope, sums, part)
                    .head();
        }
    }

    /**
     * Negative log-likelihood of each target, nats.
     *
     * @param hidden final hidden states, [tokens, hidden]
     * @param head [vocabulary, hidden]
     * @param targets [tokens]
     */
    public float[] tokenLosses(Scope scope, NDArray hidden, NDArray head, NDArray targets) {
        NDArray weight = scope.run("to", head, scope.compute()).head();
        long tokens = hidden.getShape().get(0);
        long tile = rowsPerTile(head.getShape().get(0));
        float[] losses = new float[Math.toIntExact(tokens)];
        for (long start = 0; start < tokens; start += tile) {
            try (Scope inner = scope.child()) {
                float[] part = inner.run("token_loss", hidden, weight, targets, start, Math.min(tile, tokens - start))
                        .head()
                        .toFloatArray();
                System.arraycopy(part, 0, losses, (int) start, part.length);
            }
        }
        return losses;
    }

    /**
     * Tokens whose logits are one matrix product: so many that the head is not read from memory more often than pays, so
     * few that their logits fit.
     */
    public long rowsPerProduct(long vocabulary) {
        return Math.max(MIN_PRODUCT_ROWS, rowsPerTile(vocabulary));
    }

    /** Tokens whose f32 logits over the vocabulary fit a tile; at least one. */
    public long rowsPerTile(long vocabulary) {
        return Math.max(1, tileBytes / (vocabulary * Float.BYTES));
    }
}
