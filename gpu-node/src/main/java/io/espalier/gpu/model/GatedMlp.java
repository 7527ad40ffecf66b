package io.espalier.gpu.model;

import ai.djl.ndarray.NDArray;
import io.espalier.gpu.model.Taps.Site;
import io.espalier.gpu.torch.Scope;
import io.espalier.gpu.torch.Torch;

/** Computes an {@link MlpBlock}. */
final class GatedMlp implements Part {
    private final MlpBlock block;
    private final int layer;
    private final String prefix;
    /**
     * The first channels of gate and of up in a fused projection, or null. The first channel of up is also the width of
     * each.
     */
    private final NDArray[] bounds;

    GatedMlp(Torch torch, MlpBlock block, int layer) {
        this.block = block;
        this.layer = layer;
        this.prefix = Anatomy.layerPrefix(layer);
        this.bounds = block.fused() ? new NDArray[] {torch.scalar(0), torch.scalar(block.ffn())} : null;
    }

    @Override
    public NDArray forward(Scope scope, NDArray n, Parameters w, Pass pass, Taps taps) {
        NDArray input = scope.operand(n);
        NDArray gate;
        NDArray up;
        if (block.fused()) {
            NDArray both = linear(w, MlpBlock.FUSED).of(scope, input);
            gate = scope.channels(both, bounds[0], bounds[1]);
            up = scope.channels(both, bounds[1], bounds[1]);
        } else {
            gate = linear(w, MlpBlock.GATE).of(scope, input);
            up = linear(w, MlpBlock.UP).of(scope, input);
        }
        NDArray a = switch (block.activation()) {
            case SILU -> scope.siluMul(gate, up);
            case GELU_TANH -> scope.geluMul(gate, up);
        };
        taps.see(Site.DOWN_PROJ_INPUT, layer, a);
        return linear(w, MlpBlock.DOWN).of(scope, a);
    }

    private Parameters.Linear linear(Parameters w, String name) {
        return w.linear(prefix + name, false);
    }
}
