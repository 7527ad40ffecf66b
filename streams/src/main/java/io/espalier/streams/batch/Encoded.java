package io.espalier.streams.batch;

/**
 * A document as ids, as it is packed.
 *
 * @param counted which of them count as targets; null where all do
 */
public record Encoded(int[] ids, boolean[] counted) {
    public Encoded {
        if (counted != null && counted.length != ids.length) {
            throw new IllegalArgumentException(ids.length + " ids and a mask of " + counted.length);
        }
    }

    /** Ids that all count. */
    static Encoded of(int[] ids) {
        return new Encoded(ids, null);
    }
}
