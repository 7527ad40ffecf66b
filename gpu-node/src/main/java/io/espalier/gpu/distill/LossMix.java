package io.espalier.gpu.distill;

import static io.espalier.gpu.Refused.setting;

import io.espalier.gpu.Compared;
import io.espalier.gpu.Refused;
import java.util.List;

/**
 * A weighted sum of logit losses.
 *
 * @param temperature T of the divergences: both distributions are softmax(z / T), and the loss is multiplied by T², so
 *     that its gradient keeps its size (Hinton et al., 2015)
 */
public record LossMix(@Compared(as = "loss") List<Part> parts, double temperature) {
    /** Forward KL at temperature 1. */
    public static final LossMix FORWARD_KL = new LossMix(List.of(new Part(new LogitLoss.ForwardKl(), 1)), 1);

    /** The data's own next tokens. */
    public static final LossMix CROSS_ENTROPY = new LossMix(List.of(new Part(new LogitLoss.CrossEntropy(), 1)), 1);

    /** A loss and its share. */
    public record Part(LogitLoss loss, double weight) {
        public Part {
            if (!(weight > 0 && weight <= Float.MAX_VALUE)) {
                throw Refused.usage("loss weight", weight, "must be above 0");
            }
        }
    }

    public LossMix {
        parts = List.copyOf(parts);
        if (parts.isEmpty()) {
            throw new Refused(Refused.Reason.USAGE, setting("loss") + ": must name a loss");
        }
        if (!(temperature > 0 && temperature <= Float.MAX_VALUE)) {
            throw Refused.usage("temperature", temperature, "must be above 0");
        }
    }

    /** Whether there is anything to learn from a teacher. */
    public boolean needsTeacher() {
        return parts.stream().anyMatch(part -> part.loss() instanceof LogitLoss.Divergence);
    }

    /** Names of the parts, in order. */
    public List<String> labels() {
        return parts.stream().map(part -> part.loss().label()).toList();
    }

    boolean needsTargets() {
        return parts.stream().anyMatch(part -> part.loss() instanceof LogitLoss.CrossEntropy);
    }
}
