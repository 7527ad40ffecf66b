package io.espalier.gpu.model;

import ai.djl.ndarray.NDArray;
import io.espalier.gpu.model.Taps.Site;
import io.espalier.gpu.torch.Scope;
import io.espalier.gpu.torch.Torch;

/** {@link ExpertsBlock}, computed: each expert takes the positions that the router sends to it, and no others. */
final class MixtureOfExperts implements Part {
    private final Torch torch;
    private final ExpertsBlock block;
    private final int layer;
    private final String prefix;

    MixtureOfExperts(Torch torch, ExpertsBlock block, int layer) {
        this.torch = torch;
        this.block = block;
        this.layer = layer;
        this.prefix = Anatomy.layerPrefix(layer);
    }

    @Override
    public NDArray forward(Scope scope, NDArray n, Parameters w, Pass pass, Taps taps) {
        NDArray x = scope.call("flatten", scope.operand(n));
        NDArray weights = scope.call(
                "route",
                x,
                w.linear(prefix + ExpertsBlock.ROUTER, false).weight(),
                scope.like(),
                torch.scalar(block.perToken()),
                torch.scalar(block.normalised() ? 1 : 0));
        if (!taps.equals(Taps.NONE)) {
            taps.see(Site.EXPERTS, layer, seen(scope, n, x, weights, w));
        }
        NDArray sum = scope.call("zeros_of", x);
        for (int e = 0; e < block.experts(); e++) {
            String expert = prefix + ExpertsBlock.expert(e);
            sum = scope.call(
                    "expert",
                    sum,
                    x,
                    weights,
                    torch.scalar(e),
                    matrix(w, expert, ".gate_proj"),
                    matrix(w, expert, ".up_proj"),
                    matrix(w, expert, ".down_proj"),
                    scope.like());
        }
        return scope.call("reshape_as", sum, n);
    }

    /** See {@link Site#EXPERTS}. */
    private NDArray seen(Scope scope, NDArray n, NDArray x, NDArray weights, Parameters w) {
        long positions = x.getShape().get(0);
        NDArray seen = scope.empty(positions, 3L * block.experts());
        for (int e = 0; e < block.experts(); e++) {
            String expert = prefix + ExpertsBlock.expert(e);
            try (Scope inner = scope.child()) {
                inner.run(
                        "expert_seen",
                        seen,
                        x,
                        weights,
                        (long) e,
                        matrix(w, expert, ".gate_proj"),
                        matrix(w, expert, ".up_proj"),
                        matrix(w, expert, ".down_proj"),
                        inner.like());
            }
        }
        return seen.reshape(n.getShape().get(0), n.getShape().get(1), 3L * block.experts());
    }

    private static NDArray matrix(Parameters w, String expert, String module) {
        return w.linear(expert + module, false).weight();
    }
}
