package io.espalier.gpu.model;

import java.util.Arrays;

/** The name and shape that a configuration gives to one parameter. */
public record TensorSpec(String name, long[] shape) {
    /** Number of elements. */
    public long elements() {
        return Arrays.stream(shape).reduce(1, Math::multiplyExact);
    }
}
