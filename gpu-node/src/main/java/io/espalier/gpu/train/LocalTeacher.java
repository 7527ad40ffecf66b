package io.espalier.gpu.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
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
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/**
 * A frozen model on this thread's device. Owns its weights and the device, which outlive a {@link #close} for as long as
 * a signal is open: a teacher that is restarted must not take from a student what it already gave.
 */
public final class LocalTeacher implements Teacher {
    private final Torch torch;
    private final CausalLm model;
    private final Weights weights;
    private final FeatureLoss features;
    private final NDManager kept;
    /** Of the states that a feature loss compares; null for all. */
    private final NDArray channels;

    /** The teacher itself and its open signals. */
    private final AtomicInteger holders = new AtomicInteger(1);

    private boolean closed;

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
        this.features = features;
        this.kept = torch.longLived();
        long[] channels =
                features.channels().stream().mapToLong(Integer::longValue).toArray();
        this.channels = channels.length == 0 ? null : kept.create(channels);
    }

    @Override
    public HiddenSignal forward(TokenBatch batch) {
        model.config().checkSequence(batch.seqLength());
        Scope signal = torch.inference();
        try (Scope scope = signal.child()) {
            NDArray ids = BatchTensors.inputs(scope, batch, model.config().vocabSize());
            Map<Taps.Place, NDArray> states = new HashMap<>();
            NDArray hidden = model.hidden(scope, ids, weights, (site, layer, value) -> {
                Taps.Place place = new Taps.Place(site, layer);
                if (features.pairs().stream().anyMatch(pair -> pair.teacher().equals(place))) {
                    states.put(place, scope.keep(state(scope, value)));
                }
            });
            return signal(batch, signal, scope.keep(rounded(scope, hidden)), states);
        } catch (RuntimeException e) {
            signal.close();
            throw e;
        }
    }

    /** A signal of states that this teacher has given before, in the compute type. */
    HiddenSignal restored(TokenBatch batch, TensorData last, Map<Taps.Place, TensorData> states) {
        Scope signal = torch.inference();
        try {
            Map<Taps.Place, NDArray> loaded = new HashMap<>();
            states.forEach((place, data) -> loaded.put(place, load(signal, data)));
            return signal(batch, signal, load(signal, last), loaded);
        } catch (RuntimeException e) {
            signal.close();
            throw e;
        }
    }

    private NDArray load(Scope signal, TensorData data) {
        return torch.load(signal.manager(), data, torch.compute());
    }

    private HiddenSignal signal(TokenBatch batch, Scope scope, NDArray last, Map<Taps.Place, NDArray> states) {
        NDArray head = weights.get(model.headName());
        long elements =
                last.size() + states.values().stream().mapToLong(NDArray::size).sum();
        holders.incrementAndGet();
        return new HiddenSignal(
                batch.sequence(),
                scope,
                last,
                head,
                states,
                elements * torch.compute().bytes(),
                this::release);
    }

    /** Rounded here, so that a teacher says the same whether it is local, remote or cached. */
    private NDArray rounded(Scope scope, NDArray state) {
        return scope.run("to", scope.flatten(state), torch.compute()).head();
    }

    private NDArray state(Scope scope, NDArray value) {
        NDArray rounded = rounded(scope, value);
        return channels == null
                ? rounded
                : scope.run("channels", rounded, channels).head();
    }

    /** Names of the parameters that are in memory. */
    Set<String> loaded() {
        return weights.names();
    }

    /** Called by the thread that closes a signal, too. */
    private void release() {
        if (holders.decrementAndGet() == 0) {
            kept.close();
            weights.close();
            torch.close();
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            release();
        }
    }
}
