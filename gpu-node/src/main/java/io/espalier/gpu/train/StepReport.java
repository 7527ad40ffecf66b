package io.espalier.gpu.train;

import io.espalier.gpu.batch.TokenBatch;
import java.util.List;

/**
 * Tells what one micro-batch did to the student, in plain values: no tensor leaves a step.
 *
 * @param sequence number of the batch
 * @param step global batches seen so far, this one included once it is complete
 * @param outcome what became of the global batch
 * @param losses mean nats per target over the global batch so far of each part of the loss, weighted; complete unless
 *     {@code ACCUMULATED}
 * @param gradNorm global L2 norm of the gradient before clipping; NaN when {@code ACCUMULATED}
 * @param learningRate the rate used; NaN when {@code ACCUMULATED}
 * @param targets target tokens of this micro-batch that counted
 * @param observed what else is known of this micro-batch
 * @param rejected the micro-batches of a global batch that was {@code SKIPPED}
 */
public record StepReport(
        long sequence,
        long step,
        Outcome outcome,
        List<Double> losses,
        double gradNorm,
        double learningRate,
        int targets,
        Observed observed,
        List<TokenBatch> rejected) {
    /**
     * The scores of teacher and student on a micro-batch, before the student has learnt from it.
     *
     * @param kl KL(teacher ‖ student), mean nats per target
     * @param teacherLoss the teacher's negative log-likelihood, mean nats per target
     */
    public record Observed(double kl, double teacherLoss) {
        /** The scores where nobody teaches, or nobody asks. */
        public static final Observed NONE = new Observed(Double.NaN, Double.NaN);
    }

    /** The outcome of a micro-batch. */
    public enum Outcome {
        /** Its gradient waits for the rest of the global batch. */
        ACCUMULATED,
        /** It completed a global batch and the optimiser moved. */
        STEPPED,
        /** It completed a global batch whose loss or gradient was not finite, so nothing moved. */
        SKIPPED
    }

    public StepReport {
        losses = List.copyOf(losses);
        rejected = List.copyOf(rejected);
    }

    /** Tells whether a global batch is complete. */
    public boolean complete() {
        return outcome != Outcome.ACCUMULATED;
    }

    /** All parts of the loss together. */
    public double loss() {
        return losses.stream().mapToDouble(Double::doubleValue).sum();
    }
}
