package io.espalier.streams.transport;

import io.espalier.gpu.checkpoint.TensorType;
import java.util.Arrays;

/**
 * The description of a frame's tensor, which comes before its bytes.
 *
 * @param job the first 8 bytes of the SHA-256 of the job's name
 * @param epoch of the coordinator that made the link
 * @param link the link between two ranks; a frame of another one is foreign
 * @param sequence number of the batch
 * @param attempt how often this batch was asked for before
 * @param part number of this tensor among those that answer the batch together
 * @param parts how many those are
 * @param site where in the model it was taken, by the receiver's and sender's common numbering; -1 for none
 * @param layer of the site; -1 for none
 * @param shape at most {@link #MAX_DIMENSIONS}
 * @param hash SHA-256 of the batch's token ids, 32 bytes
 */
public record FrameHeader(
        Kind kind,
        long job,
        long epoch,
        long link,
        long sequence,
        int attempt,
        int part,
        int parts,
        int site,
        int layer,
        TensorType type,
        long[] shape,
        byte[] hash) {
    /** Dimensions that a shape may have. */
    public static final int MAX_DIMENSIONS = 4;

    /** Bytes of a hash. */
    public static final int HASH_BYTES = 32;

    /** The purposes of frames. */
    public enum Kind {
        /** Token ids that a teacher is asked about, and which of them count. */
        REQUEST,
        /** A residual stream between two stages of one teacher, and what earlier stages have tapped. */
        RESIDUAL,
        /** Asks the stages of a teacher, one after the other, for what they have added up; and what they say. */
        COLLECT,
        /** A teacher's signal on a batch. */
        SIGNAL,
        /** The reason for which a teacher has no signal on a batch, as UTF-8. */
        FAILURE
    }

    public FrameHeader {
        if (shape.length > MAX_DIMENSIONS || Arrays.stream(shape).anyMatch(size -> size < 0)) {
            throw new IllegalArgumentException("FrameHeader: shape " + Arrays.toString(shape));
        }
        if (hash.length != HASH_BYTES || part < 0 || part >= parts) {
            throw new IllegalArgumentException("FrameHeader: part " + part + " of " + parts);
        }
    }

    /** Bytes of the payload. */
    public long bytes() {
        long elements = 1;
        for (long size : shape) {
            elements = Math.multiplyExact(elements, size);
        }
        return Math.multiplyExact(elements, type.bytes());
    }
}
