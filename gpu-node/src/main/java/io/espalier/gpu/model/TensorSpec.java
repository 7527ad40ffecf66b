package io.espalier.gpu.model;

import io.espalier.gpu.torch.Dtype;
import java.util.Arrays;

/** The name and shape that a configuration gives to one parameter. */
public record TensorSpec(String name, long[] shape) {
    /** Number of elements. */
    public long elements() {
        return Arrays.stream(shape).reduce(1, Math::multiplyExact);
    }

    /** What it is kept in where it is not trained: {@code matrices} with two dimensions; vectors (norms, biases) always f32. */
    public Dtype frozenType(Dtype matrices) {
        return shape.length > 1 ? matrices : Dtype.F32;
    }
}
