package io.espalier.gpu.eval;

import ai.djl.ndarray.NDArray;
import io.espalier.gpu.batch.BatchTensors;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.distill.ChunkedHead;
import io.espalier.gpu.model.CausalLm;
import io.espalier.gpu.model.Parameters;
import io.espalier.gpu.model.Taps;
import io.espalier.gpu.torch.Dtype;
import io.espalier.gpu.torch.Scope;
import io.espalier.gpu.torch.Torch;

/** Scores a model on batches, alone or against its teacher, without ever holding all logits. */
public final class Evaluator {
    /** A model ready to run: arithmetic and weights. */
    public record Loaded(CausalLm model, Parameters weights) {}

    private final Torch torch;
    private final ChunkedHead chunks;

    public Evaluator(Torch torch, ChunkedHead chunks) {
        this.torch = torch;
        this.chunks = chunks;
    }

    /**
     * Scores of the targets of one batch that count.
     *
     * @param teacher null for a model alone
     */
    public Scores score(Loaded student, Loaded teacher, TokenBatch batch) {
        student.model().config().checkSequence(batch.seqLength());
        try (Scope scope = torch.inference()) {
            NDArray ids =
                    BatchTensors.inputs(scope, batch, student.model().config().vocabSize());
            NDArray targets =
                    BatchTensors.targets(scope, batch, student.model().config().vocabSize());
            NDArray mask = BatchTensors.mask(scope, batch);
            NDArray sums = scope.sums(4);
            NDArray hidden = hidden(scope, student, ids);
            NDArray head = head(scope, student, teacher);
            if (teacher == null) {
                eachChunk(
                        scope,
                        hidden,
                        head,
                        (inner, start, count) ->
                                inner.run("add_loss", hidden, head, targets, mask, sums, start, count));
            } else {
                NDArray reference = hidden(scope, teacher, ids);
                NDArray referenceHead = head(scope, teacher, student);
                eachChunk(
                        scope,
                        hidden,
                        head,
                        (inner, start, count) -> inner.run(
                                "compare", hidden, head, reference, referenceHead, targets, mask, sums, start, count));
            }
            double[] s = sums.toDoubleArray();
            return new Scores(batch.targets(), s[0], s[1], s[2], Math.round(s[3]));
        }
    }

    /** Negative log-likelihood of each target, row after row, in nats. */
    public float[] tokenLosses(Loaded model, TokenBatch batch) {
        try (Scope scope = torch.inference()) {
            int vocabSize = model.model().config().vocabSize();
            NDArray ids = BatchTensors.inputs(scope, batch, vocabSize);
            NDArray targets = BatchTensors.targets(scope, batch, vocabSize);
            NDArray hidden = hidden(scope, model, ids);
            NDArray head = head(scope, model, null);
            float[] losses = new float[batch.rows() * batch.seqLength()];
            eachChunk(scope, hidden, head, (inner, start, count) -> {
                float[] part = inner.run("token_loss", hidden, head, targets, start, count)
                        .head()
                        .toFloatArray();
                System.arraycopy(part, 0, losses, (int) start, part.length);
            });
            return losses;
        }
    }

    private static NDArray hidden(Scope scope, Loaded loaded, NDArray ids) {
        return scope.flatten(loaded.model().hidden(scope, ids, loaded.weights(), Taps.NONE));
    }

    /** Without the padding that the other model does not have: it has no probability. */
    private static NDArray head(Scope scope, Loaded loaded, Loaded other) {
        NDArray head = loaded.weights().get(loaded.model().headName());
        NDArray rounded = scope.compute() == Dtype.F32
                ? head
                : scope.run("to", head, scope.compute()).head();
        int known = loaded.model().config().vocabSize();
        int shared =
                other == null ? known : Math.min(known, other.model().config().vocabSize());
        return shared == known
                ? rounded
                : scope.run("first_rows", rounded, (long) shared).head();
    }

    private interface Chunk {
        void run(Scope inner, long start, long count);
    }

    private void eachChunk(Scope scope, NDArray hidden, NDArray head, Chunk chunk) {
        long tokens = hidden.getShape().get(0);
        long rows = chunks.rowsPerChunk(head.getShape().get(0));
        for (long start = 0; start < tokens; start += rows) {
            try (Scope inner = scope.child()) {
                chunk.run(inner, start, Math.min(rows, tokens - start));
            }
        }
    }
}
