package io.espalier.gpu.train;

import ai.djl.ndarray.NDList;
import io.espalier.gpu.DeviceFailure;
import io.espalier.gpu.FaultPoint;
import io.espalier.gpu.Refused;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.checkpoint.TensorData;
import io.espalier.gpu.distill.ChunkedHead;
import io.espalier.gpu.distill.FeatureLoss;
import io.espalier.gpu.distill.Objective;
import io.espalier.gpu.eval.Evaluator;
import io.espalier.gpu.eval.Scores;
import io.espalier.gpu.group.ParameterBlock;
import io.espalier.gpu.group.StepVerdict;
import io.espalier.gpu.group.Tally;
import io.espalier.gpu.model.CausalLm;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.Parameters;
import io.espalier.gpu.model.Weights;
import io.espalier.gpu.torch.Scope;
import io.espalier.gpu.torch.Torch;
import io.espalier.gpu.train.StepReport.Observed;
import io.espalier.gpu.train.StepReport.Outcome;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
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
    private final GradientPass pass;
    private final Weights weights;
    private final Projections projections;
    /** The weights and the projections. */
    private final Parameters all;

    private final List<String> moving;
    private final List<ParameterBlock> blocks;
    private final AdamW optimizer;
    private final OptimizerSettings settings;
    private final Saver saver;

    private long step;
    private final List<TokenBatch> microBatches = new ArrayList<>();
    private final Tally tally;
    private Leaves leaves;

    /** Gives a source for the constructor: new projections are random, and all other tensors are those of {@code weights}. */
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
        this.weights = Weights.trainable(torch, config, source);
        settings.frozen().check(weights.names());
        this.projections = new Projections(torch, objective.features(), source);
        this.all = name -> projections.names().contains(name) ? projections.get(name) : weights.get(name);
        this.moving = Stream.concat(
                        weights.names().stream()
                                .filter(name -> !settings.frozen().covers(name)),
                        projections.names().stream())
                .toList();
        this.pass = new GradientPass(torch, new CausalLm(torch, config), weights, objective, head, recompute);
        Map<String, Long> elements = new LinkedHashMap<>();
        moving.forEach(name -> elements.put(name, all.get(name).size()));
        this.blocks = ParameterBlock.cut(elements);
        this.optimizer = new AdamW(torch, all, blocks, settings);
        this.settings = settings;
        this.tally = new Tally(objective.labels().size());
        this.saver = saver;
    }

    private static void requireBetweenLayers(FeatureLoss features, boolean recompute) {
        if (recompute
                && features.pairs().stream()
                        .anyMatch(pair -> !pair.student().site().betweenLayers())) {
            throw Refused.usage("recompute", true, "must not be used with a loss on states inside a layer");
        }
    }

    @Override
    public StepReport step(TokenBatch batch, TeacherSignal signal) {
        if (leaves == null) {
            leaves = new Leaves(torch, all, moving, pass.model().headName());
        }
        GradientPass.Measured measured;
        try {
            measured = pass.run(batch, signal, leaves, moving::contains);
            leaves.endMicroBatch();
        } catch (DeviceFailure e) {
            forget();
            throw e;
        }
        tally.add(measured.losses(), batch.targets());
        microBatches.add(batch);
        return microBatches.size() < settings.accumulation()
                ? report(batch, measured.observed(), Outcome.ACCUMULATED, Double.NaN, Double.NaN)
                : optimize(batch, measured.observed());
    }

    @Override
    public List<Scores> score(TokenBatch batch, TeacherSignal signal) {
        Evaluator.Loaded mine = new Evaluator.Loaded(pass.model(), weights);
        return new Evaluator(torch, pass.head()).rowsAgainst(GradientPass.side(signal), mine, batch);
    }

    /** The global batch is complete: mean over its targets, pass over it if non-finite, else clip and move. */
    private StepReport optimize(TokenBatch batch, Observed observed) {
        double learningRate = settings.learningRate().at(step);
        StepVerdict verdict;
        try (Leaves done = leaves;
                Scope scope = torch.inference()) {
            NDList gradients = done.gradients(scope, blocks);
            float[] norms = scope.run("norms", gradients).head().toFloatArray();
            verdict = StepVerdict.of(norms, tally, settings.adam().clip());
            if (verdict.moves()) {
                optimizer.step(scope, gradients, verdict.factor(), learningRate);
            }
        } finally {
            leaves = null;
        }
        step++;
        FaultPoint.STEP_TAKEN.reached();
        Outcome outcome = verdict.moves() ? Outcome.STEPPED : Outcome.SKIPPED;
        StepReport report = report(batch, observed, outcome, verdict.norm(), learningRate);
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
        tally.clear();
    }

    private StepReport report(TokenBatch batch, Observed observed, Outcome outcome, double norm, double learningRate) {
        List<TokenBatch> rejected = outcome == Outcome.SKIPPED ? microBatches : List.of();
        return new StepReport(
                batch.sequence(),
                step,
                outcome,
                tally.means(),
                norm,
                learningRate,
                batch.targets(),
                observed,
                rejected);
    }

    /** Takes up a run: its optimiser's state, and its count; the weights are those it was built from. */
    public void resume(long stepsTaken, Function<String, TensorData> moments) {
        optimizer.restore(moments);
        step = stepsTaken;
    }

    @Override
    public void restore(Function<String, TensorData> stored, Function<String, TensorData> moments) {
        forget();
        weights.names().forEach(name -> torch.overwrite(weights.get(name), stored.apply(name)));
        projections.names().forEach(name -> torch.overwrite(projections.get(name), stored.apply(name)));
        optimizer.restore(moments);
    }

    @Override
    public Snapshot snapshot() {
        Snapshot snapshot = new Snapshot(step);
        try {
            weights.names().forEach(name -> snapshot.addWeight(torch, name, weights.get(name)));
            projections.names().forEach(name -> snapshot.addWeight(torch, name, projections.get(name)));
            optimizer.eachState((name, shape, start, part) -> snapshot.addMoment(torch, name, shape, start, part));
            return snapshot;
        } catch (RuntimeException e) {
            snapshot.close();
            throw e;
        }
    }

    /** Bytes of the gradients of the global batch in progress, the head's own sum included; 0 between two. */
    long gradientBytes() {
        return leaves == null ? 0 : leaves.gradientBytes();
    }

    /** The masters, for evaluation between steps. */
    public Weights weights() {
        return weights;
    }

    @Override
    public void save(Path directory) {
        saver.save(directory, pass.model().config(), torch, weights);
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
