package io.espalier.gpu.eval;

import ai.djl.ndarray.NDArray;
import io.espalier.gpu.batch.BatchTensors;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.distill.ChunkedHead;
import io.espalier.gpu.model.CausalLm;
import io.espalier.gpu.model.Parameters;
import io.espalier.gpu.model.Taps;
import io.espalier.gpu.torch.Scope;
import io.espalier.gpu.torch.Torch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Scores a model on batches, alone or against its teacher, without ever holding all logits. */
public final class Evaluator {
    /** A model ready to run: arithmetic and weights. */
    public record Loaded(CausalLm model, Parameters weights) {}

    /** Kinds of sums that the kernels take. */
    private static final int SUMS = 6;

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
        try (Scope scope = torch.inference()) {
            ChunkedHead.Side reference = teacher == null ? null : side(scope, teacher, batch);
            return rows(scope, student, reference, batch).stream().reduce(Scores.NONE, Scores::plus);
        }
    }

    /**
     * Scores each row of a batch against what a teacher has said.
     *
     * @param teacher its final hidden states and its head; null for a model alone
     */
    public List<Scores> rowsAgainst(ChunkedHead.Side teacher, Loaded student, TokenBatch batch) {
        try (Scope scope = torch.inference()) {
            return rows(scope, student, teacher, batch);
        }
    }

    private List<Scores> rows(Scope scope, Loaded student, ChunkedHead.Side teacher, TokenBatch batch) {
        int vocabSize = student.model().config().vocabSize();
        NDArray targets = BatchTensors.targets(scope, batch, vocabSize);
        NDArray mask = BatchTensors.mask(scope, batch);
        NDArray rows = scope.ids(rowOfEach(batch), 1).flatten();
        NDArray sums = scope.sums(SUMS, batch.rows());
        ChunkedHead.Side whole = side(scope, student, batch);
        if (teacher == null) {
            eachChunk(
                    scope,
                    whole,
                    (inner, start, count) -> inner.run(
                            "add_loss", whole.hidden(), whole.head(), targets, mask, rows, sums, start, count));
        } else {
            // Padding that one of the two does not have has no probability.
            long known = Math.min(whole.vocabulary(), teacher.vocabulary());
            ChunkedHead.Side mine = whole.of(scope, known);
            ChunkedHead.Side theirs = teacher.of(scope, known);
            eachChunk(
                    scope,
                    mine,
                    (inner, start, count) -> inner.run(
                            "compare",
                            mine.hidden(),
                            mine.head(),
                            theirs.hidden(),
                            theirs.head(),
                            targets,
                            mask,
                            rows,
                            sums,
                            start,
                            count));
        }
        return rows(batch, sums.toDoubleArray());
    }

    private static long[] rowOfEach(TokenBatch batch) {
        long[] rows = new long[batch.rows() * batch.seqLength()];
        Arrays.setAll(rows, i -> i / batch.seqLength());
        return rows;
    }

    /** @param sums one after another, each of all rows */
    private static List<Scores> rows(TokenBatch batch, double[] sums) {
        int rows = batch.rows();
        List<Scores> each = new ArrayList<>();
        for (int r = 0; r < rows; r++) {
            each.add(new Scores(
                    batch.targets(r),
                    sums[r],
                    sums[rows + r],
                    sums[2 * rows + r],
                    Math.round(sums[3 * rows + r]),
                    sums[4 * rows + r],
                    sums[5 * rows + r]));
        }
        return each;
    }

    /** Negative log-likelihood of each target, row after row, in nats. */
    public float[] tokenLosses(Loaded model, TokenBatch batch) {
        try (Scope scope = torch.inference()) {
            int vocabSize = model.model().config().vocabSize();
            NDArray targets = BatchTensors.targets(scope, batch, vocabSize);
            return chunks.tokenLosses(scope, hidden(scope, model, batch), head(model), targets);
        }
    }

    private static ChunkedHead.Side side(Scope scope, Loaded loaded, TokenBatch batch) {
        return new ChunkedHead.Side(
                hidden(scope, loaded, batch),
                scope.run("to", head(loaded), scope.compute()).head());
    }

    private static NDArray hidden(Scope scope, Loaded loaded, TokenBatch batch) {
        NDArray ids = BatchTensors.inputs(scope, batch, loaded.model().config().vocabSize());
        return scope.flatten(loaded.model().hidden(scope, ids, batch.documents(), loaded.weights(), Taps.NONE));
    }

    private static NDArray head(Loaded loaded) {
        return loaded.weights().get(loaded.model().headName());
    }

    private interface Chunk {
        void run(Scope inner, long start, long count);
    }

    private void eachChunk(Scope scope, ChunkedHead.Side side, Chunk chunk) {
        long tokens = side.hidden().getShape().get(0);
        long rows = chunks.rowsPerTile(side.vocabulary());
        for (long start = 0; start < tokens; start += rows) {
            try (Scope inner = scope.child()) {
                chunk.run(inner, start, Math.min(rows, tokens - start));
            }
        }
    }
}
