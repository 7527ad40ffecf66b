package io.espalier.gpu.prune;

import io.espalier.gpu.checkpoint.FloatFormat;
import io.espalier.gpu.checkpoint.ModelDirectory;
import java.util.ArrayList;
import java.util.List;

/**
 * Gains for norms over fewer channels. An RMSNorm divides by the root mean square of what it is given; the channels that
 * stay are the strong ones, so their mean square is above that of all and every output shrinks. The factor undoes that on
 * average over the calibration text: with u = x / rms(x), it is sqrt(mean of u² over kept channels / mean over all).
 */
public final class NormGains {
    private NormGains() {}

    /** The gains for a plan; {@link Compensation#NONE} where the residual stream keeps its width. */
    public static Compensation of(ModelDirectory model, PruningPlan plan, ActivationStatistics sums) {
        if (plan.hidden().size() == plan.source().hidden()) {
            return Compensation.NONE;
        }
        List<Double> attention = new ArrayList<>();
        List<Double> mlp = new ArrayList<>();
        for (int layer : plan.layers()) {
            String prefix = "model.layers." + layer + ".";
            attention.add(gain(
                    model,
                    prefix + "input_layernorm.weight",
                    plan,
                    sums.attentionNorm().get(layer)));
            mlp.add(gain(
                    model,
                    prefix + "post_attention_layernorm.weight",
                    plan,
                    sums.mlpNorm().get(layer)));
        }
        return new Compensation(attention, mlp, gain(model, "model.norm.weight", plan, sums.finalNorm()), "");
    }

    private static double gain(ModelDirectory model, String name, PruningPlan plan, ChannelSums outputs) {
        float[] gamma = FloatFormat.floats(model.tensor(name));
        double all = 0;
        for (int c = 0; c < gamma.length; c++) {
            all += normalised(outputs, gamma, c);
        }
        double kept = plan.hidden().stream()
                .mapToDouble(c -> normalised(outputs, gamma, c))
                .sum();
        double ratio = (kept / plan.hidden().size()) / (all / gamma.length);
        return ratio > 0 ? Math.sqrt(ratio) : 1;
    }

    /** Sum of u² of a channel; one whose gain is zero tells nothing about its input. */
    private static double normalised(ChannelSums outputs, float[] gamma, int channel) {
        double g = gamma[channel];
        return g == 0 ? 0 : outputs.squares(channel) / (g * g);
    }
}
