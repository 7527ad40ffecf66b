package io.espalier.gpu.model;

import ai.djl.ndarray.NDArray;
import io.espalier.gpu.model.Taps.Site;
import io.espalier.gpu.torch.Scope;
import io.espalier.gpu.torch.Torch;

/** A decoder layer: a block that mixes positions and one that does not, each added to the residual stream. */
final class DecoderLayer {
    private final int index;
    private final String prefix;
    private final Norms norms;
    private final Part mixer;
    private final Part mlp;
    private final NDArray eps;
    /** The factor of each block's output, or null where it is 1. */
    private final NDArray residualScale;

    DecoderLayer(Torch torch, Anatomy anatomy, int index, NDArray eps) {
        Anatomy.Layer layer = anatomy.layers().get(index);
        this.index = index;
        this.prefix = Anatomy.layerPrefix(index);
        this.norms = anatomy.norms();
        this.mixer = Part.of(torch, layer.mixer(), index, eps);
        this.mlp = Part.of(torch, layer.mlp(), index, eps);
        this.eps = eps;
        this.residualScale = anatomy.residualScale() == 1 ? null : torch.scalar(anatomy.residualScale());
    }

    /** The beginning of the names of the layer's parameters. */
    String prefix() {
        return prefix;
    }

    /** @param x residual stream [B, S, hidden], f32 */
    NDArray forward(Scope scope, NDArray x, Parameters w, Pass pass, Taps taps) {
        taps.see(Site.LAYER_INPUT, index, x);
        NDArray n = normed(scope, x, norms.beforeMixer(), w);
        taps.see(Site.ATTENTION_NORM, index, n);
        NDArray y = added(scope, x, mixer.forward(scope, n, w, pass, taps), norms.afterMixer(), w);

        NDArray m = normed(scope, y, norms.beforeMlp(), w);
        taps.see(Site.MLP_NORM, index, m);
        NDArray out = added(scope, y, mlp.forward(scope, m, w, pass, taps), norms.afterMlp(), w);
        taps.see(Site.LAYER_OUTPUT, index, out);
        return out;
    }

    private NDArray added(Scope scope, NDArray x, NDArray output, String norm, Parameters w) {
        NDArray normed = normed(scope, output, norm, w);
        return scope.add(x, residualScale == null ? normed : scope.scaled(normed, residualScale));
    }

    private NDArray normed(Scope scope, NDArray x, String norm, Parameters w) {
        return norm == null ? x : scope.rmsNorm(x, w.get(prefix + norm + ".weight"), eps, norms.offset());
    }
}
