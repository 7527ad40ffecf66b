package io.espalier.gpu.eval;

import io.espalier.gpu.Refused;
import java.util.Arrays;
import java.util.Comparator;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/**
 * The rule by which the next token is chosen from logits.
 *
 * @param temperature 0 is greedy
 * @param topP nucleus: the likeliest tokens whose probabilities sum to this, 0 to 1
 */
public record Sampling(double temperature, double topP) {
    public static final Sampling GREEDY = new Sampling(0, 1);

    public Sampling {
        if (!(temperature >= 0)) {
            throw Refused.usage("temperature", temperature, "must not be negative");
        }
        if (!(topP > 0 && topP <= 1)) {
            throw Refused.usage("top-p", topP, "must be in (0, 1]");
        }
    }

    /** Chooses among {@code logits[from, from + vocabulary)}. */
    public int choose(float[] logits, int from, int vocabulary, RandomGenerator random) {
        int best = 0;
        for (int v = 1; v < vocabulary; v++) {
            best = logits[from + v] > logits[from + best] ? v : best;
        }
        if (temperature == 0) {
            return best;
        }
        double[] weights = new double[vocabulary];
        double total = 0;
        for (int v = 0; v < vocabulary; v++) {
            weights[v] = Math.exp((logits[from + v] - logits[from + best]) / temperature);
            total += weights[v];
        }
        return topP == 1 ? draw(weights, total, random) : draw(weights, keepNucleus(weights, total), random);
    }

    /** Zeroes what lies outside the nucleus; returns the weight inside. */
    private double keepNucleus(double[] weights, double total) {
        int[] order = IntStream.range(0, weights.length)
                .boxed()
                .sorted(Comparator.comparingDouble(v -> -weights[v]))
                .mapToInt(Integer::intValue)
                .toArray();
        double kept = 0;
        for (int i = 0; i < order.length; i++) {
            if (kept >= topP * total) {
                for (int v : Arrays.copyOfRange(order, i, order.length)) {
                    weights[v] = 0;
                }
                return kept;
            }
            kept += weights[order[i]];
        }
        return kept;
    }

    private static int draw(double[] weights, double total, RandomGenerator random) {
        double left = random.nextDouble() * total;
        int last = 0;
        for (int v = 0; v < weights.length; v++) {
            if (weights[v] > 0) {
                last = v;
                left -= weights[v];
                if (left < 0) {
                    return v;
                }
            }
        }
        return last;
    }
}
