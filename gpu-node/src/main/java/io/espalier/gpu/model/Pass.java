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
    private final Attention attention;
    private final Map<Rope, RotaryEmbedding.Tables> tables = new HashMap<>();
    private final Map<AttentionBlock.QueryScale, NDArray> queryScales = new HashMap<>();

    /**
     * @param scope that outlives the layers
     * @param first position of the first token
     */
    Pass(Scope scope, Map<Rope, RotaryEmbedding> ropes, int first, int positions, Attention attention) {
        this.scope = scope;
        this.ropes = ropes;
        this.first = first;
        this.positions = positions;
        this.attention = attention;
    }

    Attention attention() {
        return attention;
    }

    RotaryEmbedding.Tables rotary(Rope rope) {
        return tables.computeIfAbsent(rope, r -> ropes.get(r).tables(scope, first, positions));
    }

    /** Factors of the queries, [S, 1]. */
    NDArray queryScale(AttentionBlock.QueryScale scale) {
        return queryScales.computeIfAbsent(scale, s -> {
            float[] factors = new float[positions];
            for (int p = 0; p < positions; p++) {
                factors[p] = (float) s.at(first + p);
            }
            return scope.floats(factors, positions, 1);
        });
    }
}
