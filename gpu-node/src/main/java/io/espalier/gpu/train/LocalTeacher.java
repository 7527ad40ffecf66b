package io.espalier.gpu.train;

import ai.djl.ndarray.NDArray;
import io.espalier.gpu.batch.BatchTensors;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.checkpoint.TensorData;
import io.espalier.gpu.distill.FeatureLoss;
import io.espalier.gpu.model.CausalLm;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.Taps;
import io.espalier.gpu.model.Weights;
import io.espalier.gpu.torch.Scope;
import io.espalier.gpu.torch.Torch;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * A frozen model on this thread's device. Owns its weights and the device, which outlive a {@link #close} for as long as
 * a signal is open: a teacher that is restarted must not take from a student what it already gave.
 */
public final class LocalTeacher implements Teacher {
    private final Torch torch;
    private final CausalLm model;
    private final Weights weights;
    private final TeacherStates states;
    private final Holders holders;

    /** Loads the weights in the compute type; closes {@code torch} with itself. */
    public LocalTeacher(Torch torch, ModelConfig config, Function<String, TensorData> source) {
        this(torch, config, source, FeatureLoss.NONE);
    }

    /** One whose signals hold what a feature loss compares, too. */
    public LocalTeacher(Torch torch, ModelConfig config, Function<String, TensorData> source, FeatureLoss features) {
        this(torch, config, Weights.frozen(torch, config, source, torch.compute()), features);
    }

    /** One that loads a parameter when it first needs it, from a source that must last as long as the teacher. */
    static LocalTeacher onDemand(
            Torch torch, ModelConfig config, Function<String, TensorData> source, FeatureLoss features) {
        return new LocalTeacher(torch, config, Weights.onDemand(torch, config, source, torch.compute()), features);
    }

    private LocalTeacher(Torch torch, ModelConfig config, Weights weights, FeatureLoss features) {
        this.torch = torch;
        this.model = new CausalLm(torch, config);
        this.weights = weights;
        this.states = new TeacherStates(torch, config, features);
        this.holders = new Holders(this::free);
    }

    SignalLayout layout() {
        return states.layout();
    }

    @Override
    public HiddenSignal forward(TokenBatch batch) {
        Scope signal = torch.inference();
        try (Scope scope = signal.child()) {
            NDArray ids = BatchTensors.inputs(scope, batch, model.config().vocabSize());
            Map<Taps.Place, NDArray> tapped = new HashMap<>();
            NDArray hidden = model.hidden(scope, ids, batch.documents(), weights, states.keeping(scope, tapped));
            return signal(batch, signal, scope.keep(states.rounded(scope, hidden)), tapped);
        } catch (RuntimeException e) {
            signal.close();
            throw e;
        }
    }

    /** A signal of what this teacher, or one of the same weights, has given before: parts in the layout's order. */
    HiddenSignal restored(TokenBatch batch, List<SignalPart> parts) {
        layout().check("signal of batch " + batch.sequence(), batch.tokens(), parts);
        Scope signal = torch.inference();
        try {
            Map<Taps.Place, NDArray> tapped = new HashMap<>();
            for (int i = 1; i < parts.size(); i++) {
                tapped.put(layout().tapped().get(i - 1).place(), load(signal, parts.get(i)));
            }
            return signal(batch, signal, load(signal, parts.getFirst()), tapped);
        } catch (RuntimeException e) {
            signal.close();
            throw e;
        }
    }

    private NDArray load(Scope signal, SignalPart part) {
        return torch.load(signal.manager(), part.type(), part.shape(), part.bytes(), torch.compute());
    }

    private HiddenSignal signal(TokenBatch batch, Scope scope, NDArray last, Map<Taps.Place, NDArray> tapped) {
        NDArray head = weights.get(model.headName());
        holders.hold();
        return new HiddenSignal(batch.sequence(), torch, layout(), scope, last, head, tapped, holders::letGo);
    }

    /** Names of the parameters that are in memory. */
    Set<String> loaded() {
        return weights.names();
    }

    private void free() {
        states.close();
        weights.close();
        torch.close();
    }

    @Override
    public void close() {
        holders.close();
    }
}
