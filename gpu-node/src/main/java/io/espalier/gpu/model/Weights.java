package io.espalier.gpu.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.espalier.gpu.checkpoint.TensorData;
import io.espalier.gpu.torch.Dtype;
import io.espalier.gpu.torch.Torch;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;

/** The stored parameters of one model on one device, by name. Owns their memory. */
public final class Weights implements Parameters, AutoCloseable {
    private final NDManager manager;
    private final Map<String, NDArray> tensors = new LinkedHashMap<>();

    /** The parameters that {@link #onDemand} has not loaded yet. */
    private final Map<String, Supplier<NDArray>> pending = new LinkedHashMap<>();

    private Weights(NDManager manager) {
        this.manager = manager;
    }

    /**
     * Loads every parameter that the configuration names, frozen; needs the model's memory plus its largest tensor.
     *
     * @param matrices type of tensors with two dimensions; vectors (norms and biases) are always f32
     */
    public static Weights frozen(Torch torch, ModelConfig config, Function<String, TensorData> source, Dtype matrices) {
        return frozen(torch, config.tensors(), source, matrices);
    }

    /** Loads the given parameters alone, frozen. */
    public static Weights frozen(
            Torch torch, List<TensorSpec> specs, Function<String, TensorData> source, Dtype matrices) {
        return load(torch, specs, (manager, spec) -> frozen(torch, manager, spec, source, matrices));
    }

    /** Loads each parameter, frozen, when it is first asked for; until then {@code source} must give it. */
    public static Weights onDemand(
            Torch torch, ModelConfig config, Function<String, TensorData> source, Dtype matrices) {
        Weights weights = new Weights(torch.longLived());
        for (TensorSpec spec : config.tensors()) {
            weights.pending.put(spec.name(), () -> frozen(torch, weights.manager, spec, source, matrices));
        }
        return weights;
    }

    private static NDArray frozen(
            Torch torch, NDManager manager, TensorSpec spec, Function<String, TensorData> source, Dtype matrices) {
        return torch.load(manager, source.apply(spec.name()), spec.frozenType(matrices));
    }

    /** Loads every parameter as an f32 master that can be trained. */
    public static Weights trainable(Torch torch, ModelConfig config, Function<String, TensorData> source) {
        return load(
                torch, config.tensors(), (manager, spec) -> torch.loadTrainable(manager, source.apply(spec.name())));
    }

    private interface Loader {
        NDArray load(NDManager manager, TensorSpec spec);
    }

    private static Weights load(Torch torch, List<TensorSpec> specs, Loader loader) {
        Weights weights = new Weights(torch.longLived());
        try {
            for (TensorSpec spec : specs) {
                weights.tensors.put(spec.name(), loader.load(weights.manager, spec));
            }
            // An array that joins this manager from here on is a leak; DJL then says so.
            weights.manager.cap();
            return weights;
        } catch (RuntimeException e) {
            weights.close();
            throw e;
        }
    }

    @Override
    public NDArray get(String name) {
        NDArray tensor = tensors.get(name);
        if (tensor != null) {
            return tensor;
        }
        Supplier<NDArray> loader = pending.get(name);
        if (loader == null) {
            throw new IllegalArgumentException("no parameter " + name);
        }
        NDArray loaded = loader.get();
        tensors.put(name, loaded);
        pending.remove(name);
        return loaded;
    }

    /** The names of the parameters that are in memory. */
    public Set<String> names() {
        return tensors.keySet();
    }

    @Override
    public void close() {
        manager.close();
    }
}
