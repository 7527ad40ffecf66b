package io.espalier.gpu.model;

import ai.djl.ndarray.NDArray;
import io.espalier.gpu.torch.Scope;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Causal attention within each document of a row. Its tensors die with the scope of the pass. */
final class DividedAttention implements Attention {
    /** Longest rows that are done whole, on a processor; as in the kernel {@code attend}. */
    private static final int WHOLE_ROW = 1024;
    /** Shorter documents of a longer row are done together, up to as many positions: what that keeps is little. */
    private static final int TOGETHER = 256;

    /**
     * A layout of all documents one after another with room between them.
     *
     * @param places of the positions in it, int64 [B · S]
     * @param extent its length, [] on the host
     */
    record Spaced(NDArray places, NDArray extent) {}

    private final Scope scope;
    private final Documents documents;
    private final int[] bounds;
    private final NDArray firsts;
    private final Map<Integer, Spaced> spaced = new HashMap<>();
    private final Map<Integer, NDArray> stretches = new HashMap<>();

    /** @param scope that outlives the layers */
    DividedAttention(Scope scope, Documents documents) {
        this.scope = scope;
        this.documents = documents;
        this.bounds = documents.bounds();
        this.firsts = documents.firsts(scope);
    }

    /** The position in its row at which each position's document begins, int64 [B, S]. */
    NDArray firsts() {
        return firsts;
    }

    @Override
    public DividedAttention division() {
        return this;
    }

    /** The layout for a convolution of so many positions. */
    Spaced spaced(int kernel) {
        return spaced.computeIfAbsent(kernel, k -> {
            long[] places = new long[documents.rows() * documents.positions()];
            for (int d = 0; d < documents.count(); d++) {
                for (int at = bounds[d]; at < bounds[d + 1]; at++) {
                    places[at] = at + (k - 1L) * (d + 1);
                }
            }
            long extent = places.length + (k - 1L) * documents.count();
            return new Spaced(scope.ids(places, 1).flatten(), scope.onHost(new long[] {extent}));
        });
    }

    @Override
    public NDArray attend(Scope inner, int layer, int reach, NDArray q, NDArray k, NDArray v) {
        return !scope.onDevice() && documents.positions() <= WHOLE_ROW
                ? inner.attendDivided(q, k, v, firsts, reach)
                : inner.attendStretches(q, k, v, firsts, reach, stretches.computeIfAbsent(reach, this::stretches));
    }

    /** [N, 5], as the kernel takes them. */
    private NDArray stretches(int reach) {
        List<long[]> found = new ArrayList<>();
        int from = 0;
        while (from < documents.count()) {
            int to = from + 1;
            while (to < documents.count() && fits(from, to)) {
                to++;
            }
            int length = bounds[to] - bounds[from];
            found.add(new long[] {
                bounds[from] / documents.positions(),
                bounds[from] % documents.positions(),
                length,
                to == from + 1 ? 1 : 0,
                reach < length ? 1 : 0
            });
            from = to;
        }
        return scope.onHost(found.toArray(long[][]::new));
    }

    /** Whether documents from one to another, that one too, are few enough positions of one row. */
    private boolean fits(int from, int to) {
        boolean oneRow = bounds[from] / documents.positions() == bounds[to] / documents.positions();
        return oneRow && bounds[to + 1] - bounds[from] <= TOGETHER;
    }
}
