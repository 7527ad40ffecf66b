package io.espalier.gpu.batch;

import io.espalier.gpu.checkpoint.Sha256;
import io.espalier.gpu.model.Documents;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;

/**
 * A micro-batch: {@code rows} rows of {@code seqLength + 1} token ids, row after row. The first {@code seqLength} ids
 * of a row are the inputs, the last {@code seqLength} the targets.
 *
 * @param sequence number of this batch in its stream, from 0
 * @param rows number of rows
 * @param seqLength number of inputs (and of targets) in a row
 * @param ids rows × (seqLength + 1) token ids
 * @param lossMask rows × seqLength, false where a target does not count; null where all count
 * @param begins positions inside rows at which a document begins that does not see those before it, counted through the
 *     inputs of all rows, ascending; none where each row is one
 * @param provenance the records that the rows came from
 * @param next where the stream goes on after this batch; null where it cannot be taken up again
 */
public record TokenBatch(
        long sequence,
        int rows,
        int seqLength,
        int[] ids,
        boolean[] lossMask,
        int[] begins,
        List<Provenance> provenance,
        Cursor next) {
    private static final int[] UNDIVIDED = {};

    public TokenBatch {
        int expected = Math.multiplyExact(rows, seqLength + 1);
        if (ids.length != expected) {
            throw new IllegalArgumentException("TokenBatch " + sequence + ": " + ids.length + " ids, not " + expected);
        }
        if (lossMask != null && lossMask.length != rows * seqLength) {
            throw new IllegalArgumentException("TokenBatch " + sequence + ": a mask of " + lossMask.length);
        }
        provenance = List.copyOf(provenance);
        new Documents(rows, seqLength, begins);
    }

    public TokenBatch(
            long sequence, int rows, int seqLength, int[] ids, boolean[] lossMask, List<Provenance> provenance) {
        this(sequence, rows, seqLength, ids, lossMask, UNDIVIDED, provenance, null);
    }

    /** The documents that its rows are divided into. */
    public Documents documents() {
        return new Documents(rows, seqLength, begins);
    }

    /** Number of inputs, and of targets. */
    public long tokens() {
        return (long) rows * seqLength;
    }

    /** Number of targets that count in the loss. */
    public int targets() {
        if (lossMask == null) {
            return rows * seqLength;
        }
        int n = 0;
        for (boolean counts : lossMask) {
            n += counts ? 1 : 0;
        }
        return n;
    }

    /** Number of targets of one row that count in the loss. */
    public int targets(int row) {
        if (lossMask == null) {
            return seqLength;
        }
        int n = 0;
        for (int i = row * seqLength; i < (row + 1) * seqLength; i++) {
            n += lossMask[i] ? 1 : 0;
        }
        return n;
    }

    /** The first {@code count} rows; the provenance stays that of all. */
    public TokenBatch first(int count) {
        return new TokenBatch(
                sequence,
                count,
                seqLength,
                Arrays.copyOf(ids, count * (seqLength + 1)),
                lossMask == null ? null : Arrays.copyOf(lossMask, count * seqLength),
                Arrays.stream(begins).takeWhile(at -> at < count * seqLength).toArray(),
                provenance,
                null);
    }

    /** SHA-256 of the ids, and of where documents begin inside rows, as little-endian int32, in hexadecimal. */
    public String sha256() {
        ByteBuffer bytes = ByteBuffer.allocate((ids.length + begins.length) * 4).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asIntBuffer().put(ids).put(begins);
        return Sha256.of(bytes.array());
    }
}
