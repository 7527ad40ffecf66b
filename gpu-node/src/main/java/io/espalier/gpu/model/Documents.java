package io.espalier.gpu.model;

import ai.djl.ndarray.NDArray;
import io.espalier.gpu.torch.Scope;
import java.util.Arrays;

/**
 * A division of rows of positions into documents that do not see each other.
 *
 * @param begins positions inside rows at which a document begins, counted through all rows, ascending; the first position
 *     of a row, where one always begins, is not among them
 */
@SuppressWarnings("ArrayRecordComponent")
public record Documents(int rows, int positions, int[] begins) {
    private static final int[] NONE = {};

    public Documents {
        for (int i = 0; i < begins.length; i++) {
            int least = i == 0 ? 1 : begins[i - 1] + 1;
            if (begins[i] < least || begins[i] >= rows * positions || begins[i] % positions == 0) {
                throw new IllegalArgumentException("documents begin at " + begins[i] + ": must be inside one of " + rows
                        + " rows of " + positions + " positions, after the one before");
            }
        }
    }

    /** Rows of one document each. */
    public static Documents whole(int rows, int positions) {
        return new Documents(rows, positions, NONE);
    }

    /** Whether any row holds more than one. */
    public boolean divided() {
        return begins.length > 0;
    }

    /** Number of documents, pieces of one in two rows counted twice. */
    int count() {
        return rows + begins.length;
    }

    /** The first position of each document, counted through all rows, and the number of all positions behind the last. */
    int[] bounds() {
        int[] bounds = new int[count() + 1];
        System.arraycopy(begins, 0, bounds, 0, begins.length);
        for (int row = 0; row <= rows; row++) {
            bounds[begins.length + row] = row * positions;
        }
        Arrays.sort(bounds);
        return bounds;
    }

    /** The position in its row at which each position's document begins, int64 [B, S]. */
    public NDArray firsts(Scope scope) {
        int[] bounds = bounds();
        long[] each = new long[rows * positions];
        for (int d = 0; d < count(); d++) {
            Arrays.fill(each, bounds[d], bounds[d + 1], bounds[d] % positions);
        }
        return scope.ids(each, rows);
    }

    /** The position of each token in its document. */
    long[] eachPosition() {
        int[] bounds = bounds();
        long[] each = new long[rows * positions];
        for (int d = 0; d < count(); d++) {
            for (int at = bounds[d]; at < bounds[d + 1]; at++) {
                each[at] = (long) at - bounds[d];
            }
        }
        return each;
    }

    /** The length of the longest document. */
    int longest() {
        int[] bounds = bounds();
        int longest = 0;
        for (int i = 1; i < bounds.length; i++) {
            longest = Math.max(longest, bounds[i] - bounds[i - 1]);
        }
        return longest;
    }
}
