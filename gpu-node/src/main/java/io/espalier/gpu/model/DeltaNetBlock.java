package io.espalier.gpu.model;

import io.espalier.gpu.model.TensorSpec.Start;
import java.util.List;

/**
 * Gated DeltaNet (Yang et al., 2025): linear attention over a state that decays and is corrected by the delta rule, behind a
 * short causal convolution, its output normed and gated.
 *
 * @param keyHeads heads of queries and keys; each serves as many heads of values as there are more of those
 * @param kernel positions that the convolution sees
 */
public record DeltaNetBlock(int hidden, int keyHeads, int valueHeads, int keyDim, int valueDim, int kernel)
        implements Block {
    static final String DT_BIAS = "linear_attn.dt_bias";
    static final String A_LOG = "linear_attn.A_log";
    static final String CONVOLUTION = "linear_attn.conv1d.weight";
    static final String MIXED = "linear_attn.in_proj_qkv";
    static final String GATE = "linear_attn.in_proj_z";
    static final String BETA = "linear_attn.in_proj_b";
    static final String DECAY = "linear_attn.in_proj_a";
    static final String NORM = "linear_attn.norm";
    static final String OUTPUT = "linear_attn.out_proj";
    /** The positions of a chunk in the kernel {@code delta_rule}. */
    static final int CHUNK = 64;

    /** Channels of queries, keys and values side by side. */
    int mixed() {
        return 2 * keyHeads * keyDim + values();
    }

    int values() {
        return valueHeads * valueDim;
    }

    @Override
    public void describe(TensorList tensors) {
        Axis in = Axis.of(Role.HIDDEN, hidden);
        Axis heads = Axis.fixed(valueHeads);
        Axis mixed = Axis.fixed(mixed());
        tensors.add(DT_BIAS, List.of(heads), Start.ONES, null, "ssm_dt.bias");
        tensors.add(A_LOG, List.of(heads), Start.ZEROS, null, "ssm_a");
        tensors.add(
                CONVOLUTION,
                List.of(mixed, Axis.fixed(1), Axis.fixed(kernel)),
                Start.NORMAL,
                null,
                "ssm_conv1d.weight");
        tensors.matrix(MIXED, mixed, in, null, "attn_qkv");
        tensors.matrix(GATE, Axis.fixed(values()), in, null, "attn_gate");
        tensors.matrix(BETA, heads, in, null, "ssm_beta");
        tensors.matrix(DECAY, heads, in, null, "ssm_alpha");
        tensors.gain(NORM, Axis.fixed(valueDim), 0, null, "ssm_norm");
        tensors.matrix(OUTPUT, in, Axis.fixed(values()), null, "ssm_out");
    }

    @Override
    public double products() {
        return (double) hidden * (mixed() + 2.0 * values() + 2.0 * valueHeads) + 3.0 * valueHeads * keyDim * valueDim;
    }

    /** The state and what the convolution still sees, however long the row. */
    @Override
    public long remembered(int positions) {
        return (long) valueHeads * keyDim * valueDim + (long) (kernel - 1) * mixed();
    }
}
