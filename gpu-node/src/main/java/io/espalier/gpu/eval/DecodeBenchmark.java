package io.espalier.gpu.eval;

import io.espalier.gpu.torch.Torch;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/** The speed at which a model takes in a prompt and writes on, in tokens per second over all rows. */
public final class DecodeBenchmark {
    /**
     * A measurement: medians over repeats.
     *
     * @param batch rows written at once
     * @param prefillTokensPerSecond prompt tokens
     * @param decodeTokensPerSecond written tokens
     */
    public record Result(int batch, double prefillTokensPerSecond, double decodeTokensPerSecond) {}

    private static final int WARM_UPS = 1;

    private DecodeBenchmark() {}

    /** Random prompts of {@code promptLength}, then {@code newTokens} greedy ids a row, {@code repeats} times. */
    public static Result measure(
            Torch torch, Evaluator.Loaded model, int batch, int promptLength, int newTokens, int repeats, long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        int[] prompt = random.ints(
                        (long) batch * promptLength, 0, model.model().config().vocabSize())
                .toArray();
        double[] prefill = new double[repeats];
        double[] decode = new double[repeats];
        for (int i = -WARM_UPS; i < repeats; i++) {
            try (Generator generator = new Generator(torch, model, batch, promptLength + newTokens)) {
                long start = System.nanoTime();
                generator.feed(prompt);
                long fed = System.nanoTime();
                for (int t = 0; t < newTokens; t++) {
                    generator.feed(generator.next(Sampling.GREEDY, random));
                }
                long end = System.nanoTime();
                if (i >= 0) {
                    prefill[i] = (double) batch * promptLength / (fed - start) * 1e9;
                    decode[i] = (double) batch * newTokens / (end - fed) * 1e9;
                }
            }
        }
        return new Result(batch, median(prefill), median(decode));
    }

    private static double median(double[] values) {
        Arrays.sort(values);
        return values[values.length / 2];
    }
}
