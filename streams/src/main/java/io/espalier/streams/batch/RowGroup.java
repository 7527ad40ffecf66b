package io.espalier.streams.batch;

import io.espalier.gpu.batch.Cursor;
import io.espalier.gpu.batch.Provenance;
import io.espalier.gpu.batch.TokenBatch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Rows of one length as one batch. */
public final class RowGroup {
    private RowGroup() {}

    /**
     * The rows in their order.
     *
     * @param sequence of the batch
     * @param next where the stream goes on after it; null where it cannot be taken up again
     */
    public static TokenBatch batch(List<Row> rows, long sequence, Cursor next) {
        int rowLength = rows.getFirst().ids().length;
        int[] ids = new int[rows.size() * rowLength];
        List<Provenance> provenance = new ArrayList<>();
        for (int r = 0; r < rows.size(); r++) {
            System.arraycopy(rows.get(r).ids(), 0, ids, r * rowLength, rowLength);
            provenance.addAll(rows.get(r).provenance());
        }
        return new TokenBatch(
                sequence,
                rows.size(),
                rowLength - 1,
                ids,
                lossMask(rows, rowLength - 1),
                begins(rows, rowLength - 1),
                provenance,
                next);
    }

    /** The beginnings of documents, counted through the inputs, which are all ids of a row but its last. */
    private static int[] begins(List<Row> rows, int seqLength) {
        return IntStream.range(0, rows.size())
                .flatMap(r -> Arrays.stream(rows.get(r).begins()).map(at -> r * seqLength + at))
                .toArray();
    }

    /** The mask of the targets, which are all ids of a row but its first; null where all count. */
    private static boolean[] lossMask(List<Row> rows, int seqLength) {
        boolean[] mask = new boolean[rows.size() * seqLength];
        boolean all = true;
        for (int i = 0; i < mask.length; i++) {
            mask[i] = rows.get(i / seqLength).counted()[i % seqLength + 1];
            all &= mask[i];
        }
        return all ? null : mask;
    }
}
