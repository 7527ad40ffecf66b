package io.espalier.gpu.eval;

import ai.djl.ndarray.NDArray;
import io.espalier.gpu.torch.Scope;
import io.espalier.gpu.torch.Torch;

/** The speed at which a device multiplies matrices, of which a model's own speed is a share. */
public final class GemmBenchmark {
    private static final int SIZE = 2048;
    private static final int REPEATS = 6;
    private static final double DEVIATION = 1;

    private GemmBenchmark() {}

    /** The best of several products of 2048 × 2048 in the compute type, in 1e9 operations per second. */
    public static double gflops(Torch torch) {
        double best = Double.MAX_VALUE;
        try (Scope scope = torch.inference()) {
            long[] shape = {SIZE, SIZE};
            NDArray matrix = torch.normal(scope.manager(), shape, torch.compute(), DEVIATION);
            for (int i = 0; i < REPEATS; i++) {
                try (Scope inner = scope.child()) {
                    long start = System.nanoTime();
                    // A number off the device waits for it.
                    inner.run("first", inner.linear(matrix, matrix)).head().getFloat();
                    best = Math.min(best, (System.nanoTime() - start) / 1e9);
                }
            }
        }
        return 2.0 * SIZE * SIZE * SIZE / best / 1e9;
    }
}
