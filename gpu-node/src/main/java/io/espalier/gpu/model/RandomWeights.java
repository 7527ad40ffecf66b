package io.espalier.gpu.model;

import io.espalier.gpu.checkpoint.TensorData;
import io.espalier.gpu.checkpoint.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.Collectors;

/**
 * Weights of a model that has learnt nothing: norms pass everything on, biases are zero, matrices normal with the configuration's
 * initializer_range. The same seed gives the same weights, tensor by tensor. A tensor's
 * bytes are valid until the next is asked for.
 */
public final class RandomWeights implements Function<String, TensorData>, AutoCloseable {
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final double DEFAULT_RANGE = 0.02;

    private final Map<String, TensorSpec> specs;
    private final double range;
    private final long seed;
    /** The memory of the tensor given last. */
    private Arena arena;

    public RandomWeights(ModelConfig config, long seed) {
        this.specs = config.tensors().stream().collect(Collectors.toMap(TensorSpec::name, spec -> spec));
        this.range = config.json().path("initializer_range").asDouble(DEFAULT_RANGE);
        this.seed = seed;
    }

    @Override
    public TensorData apply(String name) {
        TensorSpec spec = specs.get(name);
        long elements = spec.elements();
        long bytes = Math.multiplyExact(elements, Float.BYTES);
        MemorySegment values = renewed().allocate(bytes, Float.BYTES);
        if (spec.start() == TensorSpec.Start.NORMAL) {
            RandomGenerator random =
                    RandomGeneratorFactory.of("L64X128MixRandom").create(seed * 31 + name.hashCode());
            for (long i = 0; i < elements; i++) {
                values.setAtIndex(FLOAT, i, (float) (random.nextGaussian() * range));
            }
        } else if (spec.start() == TensorSpec.Start.ONES) {
            for (long i = 0; i < elements; i++) {
                values.setAtIndex(FLOAT, i, 1f);
            }
        }
        return new TensorData(name, TensorType.F32, spec.shape(), values);
    }

    @SuppressWarnings("MustBeClosedChecker") // closed with this, or when the next tensor is asked for
    private Arena renewed() {
        close();
        arena = Arena.ofShared();
        return arena;
    }

    @Override
    public void close() {
        if (arena != null) {
            arena.close();
            arena = null;
        }
    }
}
