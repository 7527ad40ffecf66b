package io.espalier.gpu.model;

import java.util.List;

/**
 * A mixture of experts: a router sends each position to a few gated MLPs and adds what they give, weighted.
 *
 * @param ffn neurons of each expert
 * @param perToken experts that a position goes to
 * @param normalised whether the weights of those add up to one
 */
public record ExpertsBlock(int hidden, int ffn, int experts, int perToken, boolean normalised) implements Block {
    static final String ROUTER = "mlp.gate";

    static String expert(int number) {
        return "mlp.experts." + number;
    }

    @Override
    public void describe(TensorList tensors) {
        Axis in = Axis.of(Role.HIDDEN, hidden);
        Axis neurons = Axis.of(Role.FFN, ffn);
        tensors.matrix(ROUTER, Axis.of(Role.EXPERT, experts), in, null, "ffn_gate_inp");
        String template = "mlp.experts." + TensorSpec.EXPERT;
        for (int e = 0; e < experts; e++) {
            tensors.expert(e, template + ".gate_proj.weight", List.of(neurons, in), "ffn_gate_exps.weight");
            tensors.expert(e, template + ".up_proj.weight", List.of(neurons, in), "ffn_up_exps.weight");
            tensors.expert(e, template + ".down_proj.weight", List.of(in, neurons), "ffn_down_exps.weight");
        }
    }

    @Override
    public double products() {
        return (double) hidden * experts + 3.0 * perToken * hidden * ffn;
    }
}
