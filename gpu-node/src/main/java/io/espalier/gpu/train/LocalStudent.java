package io.espalier.gpu.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import io.espalier.gpu.Refused;
import io.espalier.gpu.checkpoint.TensorData;
import io.espalier.gpu.distill.ChunkedHead;
import io.espalier.gpu.model.CausalLm;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.Taps;
import io.espalier.gpu.model.Weights;
import io.espalier.gpu.torch.Scope;
import io.espalier.gpu.torch.Torch;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;

/**
 * A model under training on this thread's device: f32 master weights, matrix products in the compute type. Owns its
 * weights, its optimiser and the device.
 */
public final class LocalStudent implements Student {
    /** Writes named weights as a model directory. */
    @FunctionalInterface
    public interface Saver {
        void save(Path directory, ModelConfig config, Torch torch, Weights weights);
    }

    private final Torch torch;
    private final CausalLm model;
    private final Weights weights;
    private final AdamW optimizer;
    private final OptimizerSettings settings;
    private final ChunkedHead head;
    private final Saver saver;

    private long step;
    private int microBatches;
    private double lossSum;
    private long targets;
    private Leaves leaves;

    /** Loads the weights as f32 masters; closes {@code torch} with itself. */
    public LocalStudent(
            Torch torch,
            ModelConfig config,
            Function<String, TensorData> source,
            OptimizerSettings settings,
            ChunkedHead head,
            Saver saver) {
        this.torch = torch;
        this.model = new CausalLm(torch, config);
        this.weights = Weights.trainable(torch, config, source);
        List<NDArray> parameters = weights.names().stream().map(weights::get).toList();
        this.optimizer = new AdamW(torch, parameters, settings);
        this.settings = settings;
        this.head = head;
        this.saver = saver;
    }

    @Override
    public StepReport step(TokenBatch batch, TeacherSignal signal) {
        model.config().checkSequence(batch.seqLength());
        if (leaves == null) {
            leaves = new Leaves(torch, weights, model.headName());
        }
        try (Scope scope = torch.recording()) {
            NDArray ids = BatchTensors.inputs(scope, batch, model.config().vocabSize());
            NDArray hidden = model.hidden(scope, ids, leaves, Taps.NONE);
            ChunkedHead.Outcome loss = loss(scope, batch, signal, scope.flatten(hidden));
            scope.backward(hidden, loss.hiddenGradient().reshape(hidden.getShape()));
            lossSum += loss.sum().getDouble();
            targets += batch.targets();
        }
        if (++microBatches < settings.accumulation()) {
            return report(batch, false, Double.NaN, Double.NaN);
        }
        return optimize(batch);
    }

    private ChunkedHead.Outcome loss(Scope scope, TokenBatch batch, TeacherSignal signal, NDArray hidden) {
        NDArray mask = BatchTensors.mask(scope, batch);
        NDArray w = weights.get(model.headName());
        return switch (signal) {
            case null -> {
                NDArray next = BatchTensors.targets(scope, batch, model.config().vocabSize());
                yield head.crossEntropy(scope, hidden, w, next, mask, leaves.headGradient());
            }
            case HiddenSignal teacher ->
                head.forwardKl(scope, hidden, w, teacher.hidden(), teacher.head(), mask, leaves.headGradient());
            default -> throw new IllegalArgumentException("a signal of " + signal.getClass());
        };
    }

    /** The global batch is complete: mean over its targets, refuse non-finite, clip, move. */
    private StepReport optimize(TokenBatch batch) {
        double learningRate = settings.learningRate().at(step);
        double norm;
        try (Leaves done = leaves;
                Scope scope = torch.inference()) {
            NDList gradients = done.gradients();
            double mean = 1.0 / Math.max(1, targets);
            norm = AdamW.norm(scope, gradients) * mean;
            if (!Double.isFinite(norm) || !Double.isFinite(lossSum)) {
                throw Refused.invalid(
                        "step " + step + ", batch " + batch.sequence() + " from " + batch.provenance(),
                        "gradient norm",
                        norm + " (loss " + lossSum * mean + ")",
                        "must be finite; the weights are as before this step");
            }
            double clip = Math.min(1.0, settings.clip() / (norm + 1e-6));
            optimizer.step(scope, gradients, mean * clip, learningRate);
        } finally {
            leaves = null;
        }
        step++;
        StepReport report = report(batch, true, norm, learningRate);
        microBatches = 0;
        lossSum = 0;
        targets = 0;
        return report;
    }

    private StepReport report(TokenBatch batch, boolean stepped, double norm, double learningRate) {
        double loss = lossSum / Math.max(1, targets);
        return new StepReport(batch.sequence(), step, stepped, loss, norm, learningRate, batch.targets());
    }

    /** The masters, for evaluation between steps. */
    public Weights weights() {
        return weights;
    }

    @Override
    public void save(Path directory) {
        saver.save(directory, model.config(), torch, weights);
    }

    @Override
    public void close() {
        if (leaves != null) {
            leaves.close();
            leaves = null;
        }
        optimizer.close();
        weights.close();
        torch.close();
    }
}
