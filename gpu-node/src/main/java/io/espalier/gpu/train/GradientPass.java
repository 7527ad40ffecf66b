package io.espalier.gpu.train;

import ai.djl.ndarray.NDArray;
import io.espalier.gpu.batch.BatchTensors;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.distill.ChunkedHead;
import io.espalier.gpu.distill.FeatureStates;
import io.espalier.gpu.distill.Objective;
import io.espalier.gpu.model.CausalLm;
import io.espalier.gpu.model.RecomputedPass;
import io.espalier.gpu.model.Taps;
import io.espalier.gpu.model.Weights;
import io.espalier.gpu.torch.Scope;
import io.espalier.gpu.torch.Torch;
import io.espalier.gpu.train.StepReport.Observed;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Forward, loss and backward of a micro-batch.
 *
 * @param recompute whether layers run again for their gradients, for want of memory
 */
record GradientPass(
        Torch torch, CausalLm model, Weights weights, Objective objective, ChunkedHead head, boolean recompute) {
    /**
     * The losses of a micro-batch, and what was observed with them.
     *
     * @param losses of each part, weighted, nats over the counted targets
     */
    record Measured(double[] losses, Observed observed) {}

    /**
     * Computes the gradient of a micro-batch, which the leaves have yet to be told the end of.
     *
     * @param signal null where nobody teaches
     * @param moves which parameters want a gradient
     */
    Measured run(TokenBatch batch, TeacherSignal signal, Leaves leaves, Predicate<String> moves) {
        try (Scope scope = torch.recording()) {
            NDArray ids = BatchTensors.inputs(scope, batch, model.config().vocabSize());
            NDArray mask = BatchTensors.mask(scope, batch);
            FeatureStates states = new FeatureStates(objective.features(), scope, batch.documents());
            RecomputedPass pass = recompute ? new RecomputedPass(model, scope, ids, batch.documents()) : null;
            NDArray hidden = recompute
                    ? pass.hidden(weights, leaves, states)
                    : model.hidden(scope, ids, batch.documents(), leaves, states);
            ChunkedHead.Outcome outcome = loss(scope, batch, signal, leaves, scope.flatten(hidden), mask);
            double[] losses = new double[objective.labels().size()];
            outcome.addTo(losses);
            if (objective.features().isNone()) {
                scope.backward(hidden, outcome.hiddenGradient().reshape(hidden.getShape()));
            } else {
                losses[losses.length - 1] += backward(scope, hidden, outcome, states, signal, leaves, mask);
            }
            if (recompute) {
                pass.backward(leaves, moves);
            }
            return new Measured(losses, observed(outcome, batch));
        }
    }

    private ChunkedHead.Outcome loss(
            Scope scope, TokenBatch batch, TeacherSignal signal, Leaves leaves, NDArray hidden, NDArray mask) {
        NDArray next = BatchTensors.targets(scope, batch, model.config().vocabSize());
        ChunkedHead.Outcome outcome = head.loss(
                scope,
                objective.logits(),
                hidden,
                weights.get(model.headName()),
                side(signal),
                next,
                mask,
                leaves.beginHeadGradient());
        leaves.endHeadGradient();
        return outcome;
    }

    /** Null where there is no teacher. */
    static ChunkedHead.Side side(TeacherSignal signal) {
        return switch (signal) {
            case null -> null;
            case HiddenSignal states -> new ChunkedHead.Side(states.hidden(), states.head());
            default -> throw new IllegalArgumentException("a signal of " + signal.getClass());
        };
    }

    /**
     * Logit losses have closed gradients; those of feature losses come from the recording, in one pass with them. Gives the
     * value of the feature losses.
     */
    private double backward(
            Scope scope,
            NDArray hidden,
            ChunkedHead.Outcome outcome,
            FeatureStates states,
            TeacherSignal signal,
            Leaves leaves,
            NDArray mask) {
        Map<Taps.Place, NDArray> teacher = ((HiddenSignal) signal).states();
        NDArray features = states.sum(torch, teacher, leaves, mask, outcome.sums());
        NDArray anchor = scope.call("anchor", hidden, outcome.hiddenGradient(), features);
        scope.backward(anchor, scope.manager().ones(anchor.getShape()));
        return features.getFloat();
    }

    private static Observed observed(ChunkedHead.Outcome outcome, TokenBatch batch) {
        if (outcome.observed() == null) {
            return Observed.NONE;
        }
        double[] sums = outcome.observed().toDoubleArray();
        int targets = Math.max(1, batch.targets());
        return new Observed(sums[0] / targets, sums[1] / targets);
    }
}
