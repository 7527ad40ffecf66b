package io.espalier.gpu.batch;

import io.espalier.gpu.checkpoint.Sha256;
import java.nio.ByteBuffer;
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
 * @param provenance the records that the rows came from
 * @param next where the stream goes on after this batch; null where it cannot be taken up again
 */
public record TokenBatch(
        long sequence,
        int rows,
        int seqLength,
        int[] ids,
        boolean[] lossMask,
        List<Provenance> provenance,
        Cursor next) {
    public TokenBatch {
        int expected = Math.multiplyExact(rows, seqLength + 1);
        if (ids.length != expected) {
            throw new IllegalArgumentException("TokenBatch " + sequence + ": " + ids.length + " ids, not " + expected);
        }
        if (lossMask != null && lossMask.length != rows * seqLength) {
            throw new IllegalArgumentException("TokenBatch " + sequence + ": a mask of " + lossMask.length);
        }
        provenance = List.copyOf(provenance);
    }

    public TokenBatch(
            long sequence, int rows, int seqLength, int[] ids, boolean[] lossMask, List<Provenance> provenance) {
        this(sequence, rows, seqLength, ids, lossMask, provenance, null);
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

    /** The same of one row. */
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
                provenance);
    }

    /** SHA-256 of the ids as little-endian int32, in hexadecimal. */
    public String sha256() {
        ByteBuffer bytes = ByteBuffer.allocate(ids.length * 4).order(java.nio.ByteOrder.LITTLE_ENDIAN);
        bytes.asIntBuffer().put(ids);
        return Sha256.of(bytes.array());
    }
}
