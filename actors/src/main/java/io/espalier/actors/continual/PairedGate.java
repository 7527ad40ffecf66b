package io.espalier.actors.continual;

import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * Compares a candidate with a reference on the same held-out rows, by the differences of their KL row by row: what is common
 * to both, above all how hard a row is, falls out.
 */
record PairedGate(GateSettings settings) {
    /**
     * A mean difference of KL, candidate less reference, nats per token.
     *
     * @param low lower end of its interval
     * @param high upper end
     */
    record Interval(double mean, double low, double high) {
        String text() {
            return String.format(Locale.ROOT, "%+.4f [%+.4f, %+.4f]", mean, low, high);
        }
    }

    /** The verdict of a gate. */
    sealed interface Decision {
        /** May be published: better by this much in all. */
        record Pass(Interval all) implements Decision {}

        /**
         * Stays a candidate.
         *
         * @param domain {@code all} where no single one is the cause
         * @param allowed what the interval's upper end had to stay below
         */
        record Keep(String domain, Interval found, double allowed) implements Decision {
            String why() {
                return String.format(
                        Locale.ROOT,
                        "the KL on %s differs by %s nats from the reference's: it must be %+.4f at most",
                        domain,
                        found.text(),
                        allowed);
            }
        }
    }

    /**
     * Decides.
     *
     * @param candidate KL of each row, by domain
     * @param reference of the same rows
     * @param first whether nothing is published yet, so that no worse is good enough
     * @param seed of the bootstrap
     */
    Decision decide(Map<String, double[]> candidate, Map<String, double[]> reference, boolean first, long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        for (Map.Entry<String, double[]> domain : candidate.entrySet()) {
            double[] before = reference.get(domain.getKey());
            Interval found = interval(differences(domain.getValue(), before), random);
            double allowed = settings.allowance(mean(before));
            if (!(found.high <= allowed)) {
                return new Decision.Keep(domain.getKey(), found, allowed);
            }
        }
        double[] all = candidate.entrySet().stream()
                .flatMapToDouble(
                        domain -> Arrays.stream(differences(domain.getValue(), reference.get(domain.getKey()))))
                .toArray();
        double before = reference.values().stream()
                .flatMapToDouble(Arrays::stream)
                .average()
                .orElse(Double.NaN);
        Interval found = interval(all, random);
        double allowed = first ? settings.allowance(before) : -settings.requiredImprovement() * before;
        return found.high < allowed ? new Decision.Pass(found) : new Decision.Keep("all", found, allowed);
    }

    private static double[] differences(double[] candidate, double[] reference) {
        if (reference == null || reference.length != candidate.length) {
            throw new IllegalStateException("a candidate and its reference were scored on different rows");
        }
        double[] differences = new double[candidate.length];
        Arrays.setAll(differences, i -> candidate[i] - reference[i]);
        return differences;
    }

    private static double mean(double[] values) {
        return Arrays.stream(values).average().orElse(Double.NaN);
    }

    /** The interval of a mean by the percentiles of the means of rows drawn with replacement (Efron, 1979). */
    private Interval interval(double[] differences, RandomGenerator random) {
        double[] means = new double[settings.resamples()];
        for (int i = 0; i < means.length; i++) {
            double sum = 0;
            for (int j = 0; j < differences.length; j++) {
                sum += differences[random.nextInt(differences.length)];
            }
            means[i] = sum / differences.length;
        }
        Arrays.sort(means);
        double tail = (1 - settings.confidence()) / 2;
        int low = (int) Math.floor(tail * (means.length - 1));
        return new Interval(mean(differences), means[low], means[means.length - 1 - low]);
    }
}
