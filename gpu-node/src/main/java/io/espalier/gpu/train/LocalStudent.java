package io.espalier.gpu.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import io.espalier.gpu.DeviceFailure;
import io.espalier.gpu.FaultPoint;
import io.espalier.gpu.Refused;
import io.espalier.gpu.batch.BatchTensors;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.checkpoint.TensorData;
import io.espalier.gpu.distill.ChunkedHead;
import io.espalier.gpu.distill.FeatureLoss;
import io.espalier.gpu.distill.FeatureStates;
import io.espalier.gpu.distill.Objective;
import io.espalier.gpu.eval.Evaluator;
import io.espalier.gpu.eval.Scores;
import io.espalier.gpu.model.CausalLm;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.Parameters;
import io.espalier.gpu.model.RecomputedPass;
import io.espalier.gpu.model.Taps;
import io.espalier.gpu.model.Weights;
import io.espalier.gpu.torch.Scope;
import io.espalier.gpu.torch.Torch;
import io.espalier.gpu.train.StepReport.Observed;
import io.espalier.gpu.train.StepReport.Outcome;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;

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
    private final Projections projections;
    /** The weights and the projections. */
    private final Parameters all;

    private final List<String> moving;
    private final AdamW optimizer;
    private final OptimizerSettings settings;
    private final Objective objective;
    private final ChunkedHead head;
    private final Saver saver;
    private final boolean recompute;

    private long step;
    private final List<TokenBatch> microBatches = new ArrayList<>();
    private final double[] lossSums;
    private Observed observed = Observed.NONE;
    private long targets;
    private Leaves leaves;

    /** Where new projections come from, and all else from {@code weights}: a source for the constructor. */
    public static Function<String, TensorData> withNewProjections(
            Function<String, TensorData> weights, FeatureLoss features, long seed) {
        Function<String, TensorData> projections = Projections.random(features, seed);
        return name -> name.startsWith("projection.") ? projections.apply(name) : weights.apply(name);
    }

    /** Loads the weights as f32 masters; closes {@code torch} with itself. */
    public LocalStudent(
            Torch torch,
            ModelConfig config,
            Function<String, TensorData> source,
            OptimizerSettings settings,
            Objective objective,
            ChunkedHead head,
            Saver saver) {
        this(torch, config, source, settings, objective, head, saver, false);
    }

    /** One that may run its layers again for their gradients, for want of memory. */
    public LocalStudent(
            Torch torch,
            ModelConfig config,
            Function<String, TensorData> source,
            OptimizerSettings settings,
            Objective objective,
            ChunkedHead head,
            Saver saver,
            boolean recompute) {
        requireBetweenLayers(objective.features(), recompute);
        this.torch = torch;
        this.model = new CausalLm(torch, config);
        this.weights = Weights.trainable(torch, config, source);
        settings.frozen().check(weights.names());
        this.projections = new Projections(torch, objective.features(), source);
        this.all = name -> projections.names().contains(name) ? projections.get(name) : weights.get(name);
        this.moving = Stream.concat(
                        weights.names().stream()
                                .filter(name -> !settings.frozen().covers(name)),
                        projections.names().stream())
                .toList();
        this.optimizer = new AdamW(torch, moving.stream().map(all::get).toList(), settings);
        this.settings = settings;
        this.objective = objective;
        this.lossSums = new double[objective.labels().size()];
        this.head = head;
        this.saver = saver;
        this.recompute = recompute;
    }

    private static void requireBetweenLayers(FeatureLoss features, boolean recompute) {
        if (recompute
                && features.pairs().stream()
                        .anyMatch(pair -> !pair.student().site().betweenLayers())) {
            throw Refused.usage("--recompute", true, "must not be used with a loss on states inside a layer");
        }
    }

    @Override
    public StepReport step(TokenBatch batch, TeacherSignal signal) {
        if (leaves == null) {
            leaves = new Leaves(torch, all, moving, model.headName());
        }
        try (Scope scope = torch.recording()) {
            NDArray ids = BatchTensors.inputs(scope, batch, model.config().vocabSize());
            NDArray mask = BatchTensors.mask(scope, batch);
            FeatureStates states = new FeatureStates(objective.features(), scope);
            RecomputedPass pass = recompute ? new RecomputedPass(model, scope, ids) : null;
            NDArray hidden =
                    recompute ? pass.hidden(weights, leaves, states) : model.hidden(scope, ids, leaves, states);
            ChunkedHead.Outcome outcome = loss(scope, batch, signal, scope.flatten(hidden), mask);
            outcome.addTo(lossSums);
            observed = observed(outcome, batch);
            if (objective.features().isNone()) {
                scope.backward(hidden, outcome.hiddenGradient().reshape(hidden.getShape()));
            } else {
                backward(scope, hidden, outcome, states, signal, mask);
            }
            if (recompute) {
                pass.backward(leaves, moving::contains);
            }
            targets += batch.targets();
        } catch (DeviceFailure e) {
            forget();
            throw e;
        }
        microBatches.add(batch);
        return microBatches.size() < settings.accumulation()
                ? report(batch, Outcome.ACCUMULATED, Double.NaN, Double.NaN)
                : optimize(batch);
    }

    private static Observed observed(ChunkedHead.Outcome outcome, TokenBatch batch) {
        if (outcome.observed() == null) {
            return Observed.NONE;
        }
        double[] sums = outcome.observed().toDoubleArray();
        int targets = Math.max(1, batch.targets());
        return new Observed(sums[0] / targets, sums[1] / targets);
    }

    @Override
    public List<Scores> score(TokenBatch batch, TeacherSignal signal) {
        Evaluator.Loaded mine = new Evaluator.Loaded(model, weights);
        return new Evaluator(torch, head).rowsAgainst(side(signal), mine, batch);
    }

    /** Null where there is no teacher. */
    private static ChunkedHead.Side side(TeacherSignal signal) {
        return switch (signal) {
            case null -> null;
            case HiddenSignal states -> new ChunkedHead.Side(states.hidden(), states.head());
            default -> throw new IllegalArgumentException("a signal of " + signal.getClass());
        };
    }

    private ChunkedHead.Outcome loss(
            Scope scope, TokenBatch batch, TeacherSignal signal, NDArray hidden, NDArray mask) {
        NDArray next = BatchTensors.targets(scope, batch, model.config().vocabSize());
        return head.loss(
                scope,
                objective.logits(),
                hidden,
                weights.get(model.headName()),
                side(signal),
                next,
                mask,
                leaves.headGradient());
    }

    /** Logit losses have closed gradients; those of feature losses come from the recording, in one pass with them. */
    private void backward(
            Scope scope,
            NDArray hidden,
            ChunkedHead.Outcome outcome,
            FeatureStates states,
            TeacherSignal signal,
            NDArray mask) {
        Map<Taps.Place, NDArray> teacher = ((HiddenSignal) signal).states();
        NDArray features = states.sum(torch, teacher, leaves, mask, outcome.sums());
        NDArray anchor = scope.call("anchor", hidden, outcome.hiddenGradient(), features);
        scope.backward(anchor, scope.manager().ones(anchor.getShape()));
        lossSums[lossSums.length - 1] += features.getFloat();
    }

    /** The global batch is complete: mean over its targets, pass over it if non-finite, else clip and move. */
    private StepReport optimize(TokenBatch batch) {
        double learningRate = settings.learningRate().at(step);
        double norm;
        Outcome outcome;
        try (Leaves done = leaves;
                Scope scope = torch.inference()) {
            NDList gradients = done.gradients();
            double mean = 1.0 / Math.max(1, targets);
            norm = AdamW.norm(scope, gradients) * mean;
            // A norm is finite only if every gradient is, so the weights never see a NaN.
            boolean finite = Double.isFinite(norm)
                    && Double.isFinite(Arrays.stream(lossSums).sum());
            outcome = finite ? Outcome.STEPPED : Outcome.SKIPPED;
            if (finite) {
                double clip = Math.min(1.0, settings.clip() / (norm + 1e-6));
                optimizer.step(scope, gradients, mean * clip, learningRate);
            }
        } finally {
            leaves = null;
        }
        step++;
        FaultPoint.STEP_TAKEN.reached();
        StepReport report = report(batch, outcome, norm, learningRate);
        forget();
        return report;
    }

    /** Begins a global batch: after one is complete, or when the device has failed amid it and its sums are worth nothing. */
    private void forget() {
        if (leaves != null) {
            leaves.close();
            leaves = null;
        }
        microBatches.clear();
        Arrays.fill(lossSums, 0);
        targets = 0;
    }

    private StepReport report(TokenBatch batch, Outcome outcome, double norm, double learningRate) {
        List<Double> losses = Arrays.stream(lossSums)
                .map(sum -> sum / Math.max(1, targets))
                .boxed()
                .toList();
        List<TokenBatch> rejected = outcome == Outcome.SKIPPED ? microBatches : List.of();
        return new StepReport(
                batch.sequence(), step, outcome, losses, norm, learningRate, batch.targets(), observed, rejected);
    }

    /** Takes up a run: its optimiser's state, and its count; the weights are those it was built from. */
    public void resume(long stepsTaken, Function<String, TensorData> moments) {
        optimizer.eachState(moving, (name, tensor) -> torch.overwrite(tensor, moments.apply(name)));
        step = stepsTaken;
    }

    @Override
    public void restore(Function<String, TensorData> stored, Function<String, TensorData> moments) {
        forget();
        weights.names().forEach(name -> torch.overwrite(weights.get(name), stored.apply(name)));
        projections.names().forEach(name -> torch.overwrite(projections.get(name), stored.apply(name)));
        optimizer.eachState(moving, (name, tensor) -> torch.overwrite(tensor, moments.apply(name)));
    }

    @Override
    public Snapshot snapshot() {
        Snapshot snapshot = new Snapshot(step);
        try {
            weights.names().forEach(name -> snapshot.addWeight(torch, name, weights.get(name)));
            projections.names().forEach(name -> snapshot.addWeight(torch, name, projections.get(name)));
            optimizer.eachState(moving, (name, tensor) -> snapshot.addMoment(torch, name, tensor));
            return snapshot;
        } catch (RuntimeException e) {
            snapshot.close();
            throw e;
        }
    }

    /** Of the global batch in progress, the head's own sum included; 0 between two. */
    long gradientBytes() {
        return leaves == null ? 0 : leaves.gradientBytes();
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
        forget();
        optimizer.close();
        projections.close();
        weights.close();
        torch.close();
    }
}
