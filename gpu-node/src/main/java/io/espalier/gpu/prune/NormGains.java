package io.espalier.gpu.prune;

import io.espalier.gpu.checkpoint.FloatFormat;
import io.espalier.gpu.checkpoint.ModelDirectory;
import io.espalier.gpu.model.Taps.Site;
import io.espalier.gpu.model.TensorSpec;
import java.util.List;
import java.util.Optional;

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
        return new Compensation(
                gains(model, plan, Site.ATTENTION_NORM, sums.attentionNorm()),
                gains(model, plan, Site.MLP_NORM, sums.mlpNorm()),
                gain(model, spec(model, Site.FINAL_NORM, -1).orElseThrow(), plan, sums.finalNorm()),
                "");
    }

    /** The gains at a site, one a kept layer; none where no norm stands there. */
    private static List<Double> gains(ModelDirectory model, PruningPlan plan, Site site, List<ChannelSums> outputs) {
        return plan.layers().stream()
                .flatMap(layer ->
                        spec(model, site, layer).map(spec -> gain(model, spec, plan, outputs.get(layer))).stream())
                .toList();
    }

    private static Optional<TensorSpec> spec(ModelDirectory model, Site site, int layer) {
        return model.config().tensors().stream()
                .filter(spec -> spec.site() == site && spec.layer() == layer)
                .findFirst();
    }

    private static double gain(ModelDirectory model, TensorSpec spec, PruningPlan plan, ChannelSums outputs) {
        float[] gamma = FloatFormat.floats(model.tensor(spec.name()));
        float offset = (float) model.config().anatomy().norms().offset();
        for (int c = 0; c < gamma.length; c++) {
            gamma[c] += offset;
        }
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
