package io.espalier.gpu.model;

import io.espalier.gpu.model.Taps.Site;

/**
 * A gated MLP: down(activation(gate(x)) · up(x)).
 *
 * @param fused whether gate and up are stored as one matrix
 */
public record MlpBlock(int hidden, int ffn, Activation activation, boolean fused) implements Block {
    static final String GATE = "mlp.gate_proj";
    static final String UP = "mlp.up_proj";
    static final String FUSED = "mlp.gate_up_proj";
    static final String DOWN = "mlp.down_proj";

    /** The activation function of the gate. */
    public enum Activation {
        SILU("silu"),
        /** GELU by its approximation with tanh. */
        GELU_TANH("gelu_pytorch_tanh");

        private final String spelling;

        Activation(String spelling) {
            this.spelling = spelling;
        }

        /** The name of the function in config.json. */
        String spelling() {
            return spelling;
        }
    }

    @Override
    public void describe(TensorList tensors) {
        Axis in = Axis.of(Role.HIDDEN, hidden);
        Axis neurons = Axis.of(Role.FFN, ffn);
        if (fused) {
            tensors.matrix(FUSED, neurons.then(neurons), in, null, "ffn_up");
        } else {
            tensors.matrix(GATE, neurons, in, null, "ffn_gate");
            tensors.matrix(UP, neurons, in, null, "ffn_up");
        }
        tensors.matrix(DOWN, in, neurons, Site.DOWN_PROJ_INPUT, "ffn_down");
    }

    @Override
    public double products() {
        return 3.0 * hidden * ffn;
    }
}
