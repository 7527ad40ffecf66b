package io.espalier.gpu.eval;

import ai.djl.ndarray.NDArray;
import io.espalier.gpu.model.Taps;
import io.espalier.gpu.torch.Dtype;
import io.espalier.gpu.torch.Scope;
import io.espalier.gpu.torch.Torch;
import java.util.Arrays;
import java.util.List;

/** How likely a model finds continuations of a context. */
public final class Continuations {
    private final Torch torch;
    private final Evaluator.Loaded loaded;

    public Continuations(Torch torch, Evaluator.Loaded loaded) {
        this.torch = torch;
        this.loaded = loaded;
    }

    /**
     * Log-likelihood of each continuation after the context, nats; one pass for all where each is a single token.
     *
     * @param context at least one id
     * @param continuations at least one id each
     */
    public double[] logLikelihoods(int[] context, List<int[]> continuations) {
        if (continuations.stream().allMatch(ids -> ids.length == 1)) {
            float[] logProbabilities = logProbabilities(context, 1);
            return continuations.stream()
                    .mapToDouble(ids -> logProbabilities[ids[0]])
                    .toArray();
        }
        return continuations.stream().mapToDouble(ids -> one(context, ids)).toArray();
    }

    private double one(int[] context, int... continuation) {
        int[] inputs = Arrays.copyOf(context, context.length + continuation.length - 1);
        System.arraycopy(continuation, 0, inputs, context.length, continuation.length - 1);
        float[] logProbabilities = logProbabilities(inputs, continuation.length);
        int vocabulary = loaded.model().config().vocabSize();
        double sum = 0;
        for (int i = 0; i < continuation.length; i++) {
            sum += logProbabilities[i * vocabulary + continuation[i]];
        }
        return sum;
    }

    /** [positions, V] of the last positions. */
    private float[] logProbabilities(int[] inputs, int positions) {
        try (Scope scope = torch.inference()) {
            NDArray ids = scope.ids(Arrays.stream(inputs).asLongStream().toArray(), 1);
            NDArray hidden = scope.flatten(loaded.model().hidden(scope, ids, loaded.weights(), Taps.NONE));
            NDArray weight = loaded.weights().get(loaded.model().headName());
            NDArray head = scope.compute() == Dtype.F32
                    ? weight
                    : scope.run("to", weight, scope.compute()).head();
            return scope.run("last_log_probabilities", hidden, head, (long) positions)
                    .head()
                    .toFloatArray();
        }
    }
}
