package io.espalier.streams.batch;

/**
 * A document as ids, as it is packed.
 *
 * @param counted which of them count as targets; null where all do
 * @param continues whether a piece of the same document came before
 */
public record Encoded(int[] ids, boolean[] counted, boolean continues) {
    public Encoded {
        if (counted != null && counted.length != ids.length) {
            throw new IllegalArgumentException(ids.length + " ids and a mask of " + counted.length);
        }
    }

    /** A whole document. */
    Encoded(int[] ids, boolean[] counted) {
        this(ids, counted, false);
    }

    /** A whole document whose ids all count. */
    static Encoded of(int[] ids) {
        return new Encoded(ids, null);
    }
}
