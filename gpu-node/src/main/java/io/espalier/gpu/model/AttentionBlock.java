package io.espalier.gpu.model;

import io.espalier.gpu.model.Taps.Site;

/**
 * Causal grouped-query attention.
 *
 * @param hidden channels of the residual stream
 * @param heads query heads
 * @param groups key-value heads
 * @param headDim channels of a head
 * @param biased whether q, k and v have a bias
 * @param outputBiased whether the output projection has one
 * @param queryKeyNorm what the norm of queries and keys goes over
 * @param gainOffset what is added to the gains of those norms
 * @param gated whether the query projection gives a gate of the output beside each head
 * @param fused whether q, k and v are stored as one matrix
 * @param rope how positions turn queries and keys; null where they do not
 * @param window positions that a query reaches back, itself among them; null for all
 * @param scale what scores are multiplied by
 * @param queryScale how queries grow with their position; null where they do not
 */
public record AttentionBlock(
        int hidden,
        int heads,
        int groups,
        int headDim,
        boolean biased,
        boolean outputBiased,
        QueryKeyNorm queryKeyNorm,
        double gainOffset,
        boolean gated,
        boolean fused,
        Rope rope,
        Integer window,
        double scale,
        QueryScale queryScale)
        implements Block {
    static final String QUERY = "self_attn.q_proj";
    static final String KEY = "self_attn.k_proj";
    static final String VALUE = "self_attn.v_proj";
    static final String FUSED = "self_attn.qkv_proj";
    static final String OUTPUT = "self_attn.o_proj";
    static final String QUERY_NORM = "self_attn.q_norm";
    static final String KEY_NORM = "self_attn.k_norm";

    /** The channels that a norm of queries and keys goes over: none, those of each head, or the whole projection. */
    public enum QueryKeyNorm {
        NONE,
        HEAD,
        PROJECTION
    }

    /**
     * Queries at position p are multiplied by 1 + beta · ln(1 + floor(p / original)). Source: Ministral 3 in Hugging Face
     * transformers ({@code llama_4_scaling_beta}).
     */
    public record QueryScale(double beta, double original) {
        double at(int position) {
            return 1 + beta * Math.log(1 + Math.floor(position / original));
        }
    }

    Axis queries() {
        return Axis.of(Role.HEAD, heads, headDim);
    }

    Axis keys() {
        return Axis.of(Role.GROUP, groups, headDim);
    }

    /**
     * The factor of the queries, 1 for the usual scale. Attention divides scores by the root of head_dim; with this
     * factor they are multiplied by {@code scale} instead.
     */
    double queryFactor() {
        double factor = scale * Math.sqrt(headDim);
        return Math.abs(factor - 1) < 1e-12 ? 1 : factor;
    }

    @Override
    public void describe(TensorList tensors) {
        Axis in = Axis.of(Role.HIDDEN, hidden);
        if (fused) {
            projection(tensors, FUSED, queries().then(keys()).then(keys()), in, biased, null, "attn_qkv");
        } else {
            Axis projected = gated ? Axis.of(Role.HEAD, heads, 2 * headDim) : queries();
            projection(tensors, QUERY, projected, in, biased, null, "attn_q");
            projection(tensors, KEY, keys(), in, biased, null, "attn_k");
            projection(tensors, VALUE, keys(), in, biased, null, "attn_v");
        }
        projection(tensors, OUTPUT, in, queries(), outputBiased, Site.O_PROJ_INPUT, "attn_output");
        if (queryKeyNorm != QueryKeyNorm.NONE) {
            boolean each = queryKeyNorm == QueryKeyNorm.HEAD;
            Axis head = Axis.fixed(headDim);
            tensors.gain(QUERY_NORM, each ? head : queries(), gainOffset, null, "attn_q_norm");
            tensors.gain(KEY_NORM, each ? head : keys(), gainOffset, null, "attn_k_norm");
        }
    }

    private static void projection(
            TensorList tensors, String name, Axis out, Axis in, boolean biased, Site site, String gguf) {
        tensors.matrix(name, out, in, site, gguf);
        if (biased) {
            tensors.bias(name, out, gguf);
        }
    }

    @Override
    public double products() {
        return (double) hidden * headDim * ((gated ? 3.0 : 2.0) * heads + 2.0 * groups);
    }

    /** The scores and the sums each take half of the row on average, or all of a window. */
    @Override
    public double scores(int positions) {
        double met = window == null || window >= positions ? positions / 2.0 : window;
        return 2 * met * heads * headDim;
    }

    @Override
    public long remembered(int positions) {
        return 2L * groups * headDim * positions;
    }
}
