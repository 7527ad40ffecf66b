package io.espalier.gpu.model;

import io.espalier.gpu.model.Taps.Site;

/**
 * The norms of a decoder layer by their names; null where there is none. Each multiplies by {@code offset} + gain.
 *
 * @param beforeMixer over what attention takes
 * @param afterMixer over what it gives to the residual stream
 * @param beforeMlp over what the MLP takes
 * @param afterMlp over what it gives
 */
public record Norms(String beforeMixer, String afterMixer, String beforeMlp, String afterMlp, double offset) {
    private static final String INPUT = "input_layernorm";
    private static final String POST_ATTENTION = "post_attention_layernorm";
    private static final String POST_FEEDFORWARD = "post_feedforward_layernorm";

    /** The norms of a layer that has them before attention and MLP. */
    public static Norms before(double offset) {
        return new Norms(INPUT, null, POST_ATTENTION, null, offset);
    }

    /** The norms of a layer that has them behind attention and MLP alone. */
    public static Norms after() {
        return new Norms(null, POST_ATTENTION, null, POST_FEEDFORWARD, 0);
    }

    /** The norms of a layer that has them before and behind both. */
    public static Norms around(double offset) {
        return new Norms(INPUT, POST_ATTENTION, "pre_feedforward_layernorm", POST_FEEDFORWARD, offset);
    }

    /** The number of norms in a layer. */
    int count() {
        return (beforeMixer == null ? 0 : 2) + (afterMixer == null ? 0 : 2);
    }

    void describeBeforeMixer(TensorList tensors, Axis hidden) {
        add(tensors, beforeMixer, hidden, Site.ATTENTION_NORM, "attn_norm");
    }

    void describeAround(TensorList tensors, Axis hidden) {
        add(tensors, afterMixer, hidden, null, "post_attention_norm");
        add(tensors, beforeMlp, hidden, Site.MLP_NORM, "ffn_norm");
    }

    void describeAfterMlp(TensorList tensors, Axis hidden) {
        add(tensors, afterMlp, hidden, null, "post_ffw_norm");
    }

    private void add(TensorList tensors, String name, Axis hidden, Site site, String gguf) {
        if (name != null) {
            tensors.gain(name, hidden, offset, site, gguf);
        }
    }
}
