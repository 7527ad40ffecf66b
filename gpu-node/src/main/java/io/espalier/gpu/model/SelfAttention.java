package io.espalier.gpu.model;

import ai.djl.ndarray.NDArray;
import io.espalier.gpu.model.AttentionBlock.QueryKeyNorm;
import io.espalier.gpu.model.Taps.Site;
import io.espalier.gpu.torch.Scope;
import io.espalier.gpu.torch.Torch;

/** Computes an {@link AttentionBlock}. */
final class SelfAttention implements Part {
    private final AttentionBlock block;
    private final int layer;
    private final String prefix;
    private final NDArray eps;
    /** [0, D]: tells how wide a head is. */
    private final NDArray head;
    /** The factor of the queries, or null where it is 1. */
    private final NDArray factor;
    /** The first channels of queries, of keys and of values in a fused projection, then the width of keys; or null. */
    private final NDArray[] bounds;

    SelfAttention(Torch torch, AttentionBlock block, int layer, NDArray eps) {
        this.block = block;
        this.layer = layer;
        this.prefix = Anatomy.layerPrefix(layer);
        this.eps = eps;
        this.head = torch.width(block.headDim());
        this.factor = block.queryFactor() == 1 ? null : torch.scalar(block.queryFactor());
        double queries = block.queries().size();
        double keys = block.keys().size();
        this.bounds = block.fused()
                ? new NDArray[] {
                    torch.scalar(0), torch.scalar(queries), torch.scalar(queries + keys), torch.scalar(keys)
                }
                : null;
    }

    @Override
    public NDArray forward(Scope scope, NDArray n, Parameters w, Pass pass, Taps taps) {
        NDArray input = scope.operand(n);
        NDArray fused = block.fused() ? linear(w, AttentionBlock.FUSED).of(scope, input) : null;
        NDArray queries = query(scope, input, fused, w);
        NDArray gate = block.gated() ? scope.call("gates", queries, head) : null;
        NDArray q = rotated(
                scope,
                block.gated() ? scope.call("queries", queries, head) : queries,
                w,
                AttentionBlock.QUERY_NORM,
                pass);
        if (factor != null) {
            q = scope.scaled(q, factor);
        }
        if (block.queryScale() != null) {
            q = scope.times(q, pass.queryScale(block.queryScale()));
        }
        NDArray k = rotated(scope, key(scope, input, fused, w), w, AttentionBlock.KEY_NORM, pass);
        NDArray v = scope.headsFirst(scope.splitHeads(value(scope, input, fused, w), head));
        int reach = block.window() == null ? Attention.EVERYTHING : block.window();
        NDArray heads = pass.attention().attend(scope, layer, reach, q, k, v);
        NDArray output = gate == null ? heads : scope.call("gated", heads, gate);
        taps.see(Site.O_PROJ_INPUT, layer, output);
        return w.linear(prefix + AttentionBlock.OUTPUT, block.outputBiased()).of(scope, output);
    }

    private NDArray query(Scope scope, NDArray input, NDArray fused, Parameters w) {
        return fused == null
                ? linear(w, AttentionBlock.QUERY).of(scope, input)
                : scope.channels(fused, bounds[0], bounds[1]);
    }

    private NDArray key(Scope scope, NDArray input, NDArray fused, Parameters w) {
        return fused == null
                ? linear(w, AttentionBlock.KEY).of(scope, input)
                : scope.channels(fused, bounds[1], bounds[3]);
    }

    private NDArray value(Scope scope, NDArray input, NDArray fused, Parameters w) {
        return fused == null
                ? linear(w, AttentionBlock.VALUE).of(scope, input)
                : scope.channels(fused, bounds[2], bounds[3]);
    }

    private Parameters.Linear linear(Parameters w, String name) {
        return w.linear(prefix + name, block.biased());
    }

    /** Queries or keys, [B, heads, S, D]: normed where the architecture does (QK-norm), rotated where positions turn. */
    private NDArray rotated(Scope scope, NDArray projected, Parameters w, String norm, Pass pass) {
        QueryKeyNorm over = block.queryKeyNorm();
        NDArray whole = over == QueryKeyNorm.PROJECTION ? normed(scope, projected, w, norm) : projected;
        NDArray heads = scope.splitHeads(whole, head);
        // Normed before the heads move to the front: over contiguous memory that is faster.
        NDArray each = over == QueryKeyNorm.HEAD ? normed(scope, heads, w, norm) : heads;
        if (block.rope() == null) {
            return scope.headsFirst(each);
        }
        RotaryEmbedding.Tables tables = pass.rotary(block.rope());
        return scope.rotate(each, tables.cos(), tables.sin(), block.rope().dims() == block.headDim());
    }

    private NDArray normed(Scope scope, NDArray x, Parameters w, String norm) {
        return scope.rmsNorm(x, w.get(prefix + norm + ".weight"), eps, block.gainOffset());
    }
}
