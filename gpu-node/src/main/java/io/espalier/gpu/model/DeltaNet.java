package io.espalier.gpu.model;

import ai.djl.ndarray.NDArray;
import io.espalier.gpu.torch.Scope;
import io.espalier.gpu.torch.Torch;

/** {@link DeltaNetBlock}, computed in chunks of positions. */
final class DeltaNet implements Part {
    private final DeltaNetBlock block;
    private final int layer;
    private final String prefix;
    private final NDArray eps;
    /** Empty tensors that tell widths: of a key's head and of a value's. */
    private final NDArray keyWidth;

    private final NDArray valueWidth;
    private final NDArray keyHeads;

    DeltaNet(Torch torch, DeltaNetBlock block, int layer, NDArray eps) {
        this.block = block;
        this.layer = layer;
        this.prefix = Anatomy.layerPrefix(layer);
        this.eps = eps;
        this.keyWidth = torch.width(block.keyDim());
        this.valueWidth = torch.width(block.valueDim());
        this.keyHeads = torch.scalar(block.keyHeads());
    }

    @Override
    public NDArray forward(Scope scope, NDArray n, Parameters w, Pass pass, Taps taps) {
        NDArray input = scope.operand(n);
        NDArray mixed = product(scope, input, w, DeltaNetBlock.MIXED);
        NDArray gate = product(scope, input, w, DeltaNetBlock.GATE);
        NDArray beta = product(scope, input, w, DeltaNetBlock.BETA);
        NDArray decay = product(scope, input, w, DeltaNetBlock.DECAY);
        NDArray kernel = w.get(prefix + DeltaNetBlock.CONVOLUTION);
        NDArray log = w.get(prefix + DeltaNetBlock.A_LOG);
        NDArray bias = w.get(prefix + DeltaNetBlock.DT_BIAS);
        Attention.Memory memory = pass.attention().memory(layer);
        DividedAttention division = pass.attention().division();
        NDArray heads;
        if (division != null) {
            DividedAttention.Spaced spaced = division.spaced(block.kernel());
            NDArray seen = scope.call("delta_convolution_divided", mixed, kernel, spaced.places(), spaced.extent());
            heads = scope.call(
                    "delta_rule_divided",
                    seen,
                    beta,
                    decay,
                    log,
                    bias,
                    keyHeads,
                    keyWidth,
                    valueWidth,
                    division.firsts());
        } else if (memory == null) {
            NDArray seen = scope.call("delta_convolution", mixed, kernel);
            heads = scope.call("delta_rule", seen, beta, decay, log, bias, keyHeads, keyWidth, valueWidth);
        } else {
            NDArray seen = scope.run("delta_convolution_next", mixed, memory.convolution(), kernel)
                    .head();
            heads = scope.run("delta_rule_next", seen, beta, decay, log, bias, memory.state(), (long) block.keyHeads())
                    .head();
        }
        NDArray gain = w.get(prefix + DeltaNetBlock.NORM + ".weight");
        return product(scope, scope.call("delta_gate", heads, gate, gain, eps), w, DeltaNetBlock.OUTPUT);
    }

    private NDArray product(Scope scope, NDArray x, Parameters w, String name) {
        return w.linear(prefix + name, false).of(scope, x);
    }
}
