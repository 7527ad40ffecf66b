package io.espalier.streams.tasks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Samples are those of CPython 3.11: two of range(size), one after another. */
@Timeout(10)
class PythonRandomTest {
    private static void samples(int size, int count, long seed, List<Integer> first, List<Integer> second) {
        PythonRandom random = new PythonRandom(seed);
        List<Integer> population = IntStream.range(0, size).boxed().toList();
        assertThat(random.sample(population, count)).isEqualTo(first);
        assertThat(random.sample(population, count)).isEqualTo(second);
    }

    @Test
    void aSmallPopulationIsDrawnFromACopy() {
        samples(18, 2, 1234, List.of(14, 3), List.of(0, 2));
        samples(9, 9, 1234, List.of(7, 1, 0, 6, 4, 5, 2, 3, 8), List.of(5, 3, 0, 6, 8, 2, 7, 1, 4));
    }

    @Test
    void aLargePopulationIsDrawnUntilAllDiffer() {
        samples(31, 3, 1234, List.of(30, 24, 14), List.of(3, 0, 2));
        samples(
                40_000,
                6,
                1234,
                List.of(28883, 7657, 490, 5940, 38156, 2288),
                List.of(5500, 6450, 23241, 15519, 1142, 2019));
    }

    @Test
    void aSeedOfMoreThan32BitsIsTakenWhole() {
        samples(30, 6, (1L << 40) + 5, List.of(16, 29, 8, 21, 0, 28), List.of(24, 26, 28, 25, 29, 1));
    }
}
