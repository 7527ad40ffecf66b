package io.espalier.gpu.model;

import ai.djl.ndarray.NDArray;
import io.espalier.gpu.torch.Scope;
import java.util.HashMap;
import java.util.Map;

/**
 * The state that all layers of one forward pass share: positions, and the attention of queries to keys. It dies with
 * its scope.
 */
final class Pass {
    private final Scope scope;
    private final Map<Rope, RotaryEmbedding> ropes;
    private final int first;
    private final int positions;
    /** The position of each token in its document, int64 [B, S]; null where all rows have the same positions. */
    private final NDArray each;

    private final Attention attention;
    private final Map<Rope, RotaryEmbedding.Tables> tables = new HashMap<>();
    private final Map<AttentionBlock.QueryScale, NDArray> queryScales = new HashMap<>();

    /**
     * @param scope that outlives the layers
     * @param first position of the first token
     */
    Pass(Scope scope, Map<Rope, RotaryEmbedding> ropes, int first, int positions, Attention attention) {
        this(scope, ropes, first, positions, null, attention);
    }

    /** Makes a pass over rows that are divided into documents, whose positions begin at 0 each. */
    Pass(Scope scope, Map<Rope, RotaryEmbedding> ropes, Documents documents) {
        this(
                scope,
                ropes,
                0,
                documents.longest(),
                scope.ids(documents.eachPosition(), documents.rows()),
                new DividedAttention(scope, documents));
    }

    private Pass(
            Scope scope,
            Map<Rope, RotaryEmbedding> ropes,
            int first,
            int positions,
            NDArray each,
            Attention attention) {
        this.scope = scope;
        this.ropes = ropes;
        this.first = first;
        this.positions = positions;
        this.each = each;
        this.attention = attention;
    }

    Attention attention() {
        return attention;
    }

    /** Cosines and sines that are spread over [B, H, S, dims]. */
    RotaryEmbedding.Tables rotary(Rope rope) {
        return tables.computeIfAbsent(rope, r -> {
            RotaryEmbedding.Tables rows = ropes.get(r).tables(scope, first, positions);
            return new RotaryEmbedding.Tables(ofEach(rows.cos()), ofEach(rows.sin()));
        });
    }

    /** A table's rows by position as they are spread over [B, H, S, ...]. */
    private NDArray ofEach(NDArray table) {
        return each == null ? table : scope.call("by_position", table, each);
    }

    /** Factors of the queries, spread over [B, H, S, D]. */
    NDArray queryScale(AttentionBlock.QueryScale scale) {
        return queryScales.computeIfAbsent(scale, s -> {
            float[] factors = new float[positions];
            for (int p = 0; p < positions; p++) {
                factors[p] = (float) s.at(first + p);
            }
            return ofEach(scope.floats(factors, positions, 1));
        });
    }
}
