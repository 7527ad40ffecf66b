package io.espalier.gpu.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.espalier.gpu.checkpoint.TensorData;
import io.espalier.gpu.torch.Dtype;
import io.espalier.gpu.torch.Torch;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/** The stored parameters of one model on one device, by name. Owns their memory. */
public final class Weights implements Parameters, AutoCloseable {
    private final NDManager manager;
    private final Map<String, NDArray> tensors = new LinkedHashMap<>();

    private Weights(NDManager manager) {
        this.manager = manager;
    }

    /**
     * Loads every parameter that the configuration names, frozen; needs the model's memory plus its largest tensor.
     *
     * @param matrices type of tensors with two dimensions; vectors (norms and biases) are always f32
     */
    public static Weights frozen(Torch torch, ModelConfig config, Function<String, TensorData> source, Dtype matrices) {
        return load(torch, config, (manager, spec) -> {
            Dtype type = spec.shape().length > 1 ? matrices : Dtype.F32;
            return torch.load(manager, source.apply(spec.name()), type);
        });
    }

    /** Loads every parameter as an f32 master that can be trained. */
    public static Weights trainable(Torch torch, ModelConfig config, Function<String, TensorData> source) {
        return load(torch, config, (manager, spec) -> torch.loadTrainable(manager, source.apply(spec.name())));
    }

    private interface Loader {
        NDArray load(NDManager manager, TensorSpec spec);
    }

    private static Weights load(Torch torch, ModelConfig config, Loader loader) {
        Weights weights = new Weights(torch.longLived());
        try {
            for (TensorSpec spec : config.tensors()) {
                weights.tensors.put(spec.name(), loader.load(weights.manager, spec));
            }
            // Whatever joins this manager from here on is a leak; DJL then says so.
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
        if (tensor == null) {
            throw new IllegalArgumentException("no parameter " + name);
        }
        return tensor;
    }

    public Set<String> names() {
        return tensors.keySet();
    }

    @Override
    public void close() {
        manager.close();
    }
}
