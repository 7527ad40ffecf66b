package io.espalier.gpu.prune;

import io.espalier.gpu.Refused;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** Orders scores: the highest stay; of equals, the lower index. */
final class Ranking {
    private Ranking() {}

    /** The {@code count} best indices of {@code scores}, ascending. */
    static List<Integer> best(double[] scores, int count) {
        for (int i = 0; i < scores.length; i++) {
            if (!Double.isFinite(scores[i])) {
                throw Refused.invalid(
                        "importance", "score " + i, scores[i], "must be finite: the model's activations are not");
            }
        }
        return IntStream.range(0, scores.length)
                .boxed()
                .sorted(Comparator.<Integer>comparingDouble(i -> -scores[i]).thenComparing(i -> i))
                .limit(count)
                .sorted()
                .toList();
    }

    /** The {@code perGroup} best of each run of {@code groupSize} scores, ascending. */
    static List<Integer> bestOfEachGroup(double[] scores, int groupSize, int perGroup) {
        return IntStream.range(0, scores.length / groupSize)
                .boxed()
                .flatMap(group -> {
                    double[] members = java.util.Arrays.copyOfRange(scores, group * groupSize, (group + 1) * groupSize);
                    return best(members, perGroup).stream().map(i -> group * groupSize + i);
                })
                .toList();
    }
}
