package io.espalier.gpu.prune;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** Orders scores: the highest stay; of equals, the lower index. */
final class Ranking {
    private Ranking() {}

    /** The {@code count} best indices of {@code scores}, ascending. */
    static List<Integer> best(double[] scores, int count) {
        return IntStream.range(0, scores.length)
                .boxed()
                .sorted(Comparator.<Integer>comparingDouble(i -> -scores[i]).thenComparing(i -> i))
                .limit(count)
                .sorted()
                .toList();
    }

    /** The {@code perGroup} best of each of the groups named, a group being a run of {@code groupSize} scores; ascending. */
    static List<Integer> bestOfEachGroup(double[] scores, List<Integer> groups, int groupSize, int perGroup) {
        return groups.stream()
                .flatMap(group -> {
                    double[] members = Arrays.copyOfRange(scores, group * groupSize, (group + 1) * groupSize);
                    return best(members, perGroup).stream().map(i -> group * groupSize + i);
                })
                .toList();
    }
}
