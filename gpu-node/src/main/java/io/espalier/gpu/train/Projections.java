package io.espalier.gpu.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.espalier.gpu.checkpoint.TensorData;
import io.espalier.gpu.checkpoint.TensorType;
import io.espalier.gpu.distill.FeatureLoss;
import io.espalier.gpu.model.Parameters;
import io.espalier.gpu.torch.Torch;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/** The trainable projections of a feature loss, f32: they are trained with the student and are no part of it. */
final class Projections implements Parameters, AutoCloseable {
    private final NDManager manager;
    private final Map<String, NDArray> tensors = new LinkedHashMap<>();

    /** @param source of each by its name */
    Projections(Torch torch, FeatureLoss loss, Function<String, TensorData> source) {
        this.manager = torch.longLived();
        for (FeatureLoss.Projection projection : loss.projections()) {
            for (String name : new String[] {projection.weight(), projection.bias()}) {
                tensors.put(name, torch.loadTrainable(manager, source.apply(name)));
            }
        }
        manager.cap();
    }

    /** New ones: normal with deviation 1 / sqrt(in), biases zero; the same seed gives the same. */
    static Function<String, TensorData> random(FeatureLoss loss, long seed) {
        return name -> loss.projections().stream()
                .filter(projection -> name.equals(projection.weight()) || name.equals(projection.bias()))
                .map(projection -> random(projection, name, seed))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no projection " + name));
    }

    private static TensorData random(FeatureLoss.Projection projection, String name, long seed) {
        if (name.equals(projection.bias())) {
            return new TensorData(
                    name,
                    TensorType.F32,
                    new long[] {projection.out()},
                    MemorySegment.ofArray(new float[projection.out()]));
        }
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed * 31 + name.hashCode());
        float[] values = new float[Math.multiplyExact(projection.in(), projection.out())];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (random.nextGaussian() / Math.sqrt(projection.in()));
        }
        long[] shape = {projection.out(), projection.in()};
        return new TensorData(name, TensorType.F32, shape, MemorySegment.ofArray(values));
    }

    Set<String> names() {
        return tensors.keySet();
    }

    @Override
    public NDArray get(String name) {
        return tensors.get(name);
    }

    @Override
    public void close() {
        manager.close();
    }
}
