package io.espalier.gpu.prune;

import io.espalier.gpu.Refused;
import java.util.List;

/**
 * The changes beside the cuts, by which the pruned model starts nearer to the original.
 *
 * @param attentionGain factor of each kept layer's input_layernorm gain; empty for none
 * @param mlpGain factor of each kept layer's post_attention_layernorm gain; empty for none
 * @param finalGain factor of the last norm's gain
 * @param refit SHA-256 of the file beside the plan that holds refitted o_proj and down_proj weights; empty for none
 */
public record Compensation(List<Double> attentionGain, List<Double> mlpGain, double finalGain, String refit) {
    public static final Compensation NONE = new Compensation(List.of(), List.of(), 1, "");

    /** Name of the file of refitted weights, beside the plan. */
    public static final String REFIT_FILE = "refit.weights";

    public Compensation withRefit(String sha256) {
        return new Compensation(attentionGain, mlpGain, finalGain, sha256);
    }

    void check(Object file, int layers) {
        for (List<Double> gains : List.of(attentionGain, mlpGain)) {
            if (!gains.isEmpty() && gains.size() != layers) {
                throw Refused.invalid(file, "compensation", gains.size() + " gains", "must be one a kept layer");
            }
            for (Double gain : gains) {
                if (gain == null || !(gain > 0 && gain <= Float.MAX_VALUE)) {
                    throw Refused.invalid(file, "compensation", gain, "must be above 0");
                }
            }
        }
        if (!(finalGain > 0 && finalGain <= Float.MAX_VALUE)) {
            throw Refused.invalid(file, "compensation.finalGain", finalGain, "must be above 0");
        }
        if (!refit.isEmpty() && !refit.matches("[0-9a-f]{64}")) {
            throw Refused.invalid(file, "compensation.refit", refit, "must be a SHA-256");
        }
    }
}
