package io.espalier.streams.live;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.gpu.batch.Provenance;
import io.espalier.streams.batch.Row;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The rows of the past that are replayed depend on the position alone, come from all of the past alike, and are bounded
 * on disk.
 */
@Timeout(60)
class PastRowsTest {
    private static final long SEED = 9;

    @TempDir
    Path run;

    private PastRows open(int capacity, PastPosition from) {
        return new PastRows(run, capacity, 3, SEED, from);
    }

    private static Row row(int n) {
        return new Row(
                new int[] {n, n + 1, n + 2, n + 3},
                new boolean[] {true, n % 2 == 0, true, true},
                new int[] {1 + n % 2},
                List.of(new Provenance("live", 0, n, n + 1L)));
    }

    private static List<Integer> draw(PastRows rows, int count) {
        return IntStream.range(0, count).mapToObj(_ -> rows.draw().ids()[0]).toList();
    }

    private long files() throws IOException {
        try (Stream<Path> files = Files.list(run.resolve("past-3"))) {
            return files.count();
        }
    }

    @Test
    void rowsComeBackAsTheyWereOnceTheirFileIsFull() {
        try (PastRows rows = open(128, PastPosition.START)) {
            for (int n = 0; n < 63; n++) {
                rows.add(row(n));
            }
            assertThat(rows.draw()).isNull();
            rows.add(row(63));
            Row drawn = rows.draw();
            Row expected = row(drawn.ids()[0]);
            assertThat(drawn.ids()).isEqualTo(expected.ids());
            assertThat(drawn.counted()).isEqualTo(expected.counted());
            assertThat(drawn.begins()).isEqualTo(expected.begins());
            Provenance from = drawn.provenance().getFirst();
            assertThat(from.source()).endsWith("000000000000.rows");
            assertThat(from.from()).isEqualTo(drawn.ids()[0]);
        }
    }

    @Test
    void aRunThatGoesOnFromAnEarlierPositionDrawsTheSame() {
        PastPosition middle;
        List<Integer> drawn;
        try (PastRows rows = open(256, PastPosition.START)) {
            IntStream.range(0, 1000).forEach(n -> rows.add(row(n)));
            draw(rows, 7);
            middle = rows.position();
            IntStream.range(1000, 2000).forEach(n -> rows.add(row(n)));
            drawn = new ArrayList<>(draw(rows, 200));
        }
        try (PastRows rows = open(256, middle)) {
            // Other rows at first, as other sources may have come first; they are gone with the next position.
            IntStream.range(0, 1500).forEach(n -> rows.add(row(5000 + n)));
        }
        try (PastRows rows = open(256, middle)) {
            IntStream.range(1000, 2000).forEach(n -> rows.add(row(n)));
            assertThat(draw(rows, 200)).isEqualTo(drawn);
        }
    }

    @Test
    void filesThatNoCheckpointCanAskForAreDeletedAndTheOthersAreNot() throws IOException {
        try (PastRows rows = open(256, PastPosition.START)) {
            IntStream.range(0, 3000).forEach(n -> rows.add(row(n)));
            PastPosition kept = rows.position();
            IntStream.range(3000, 6000).forEach(n -> rows.add(row(n)));
            PastRows.forget(run, 3, kept);
            assertThat(files()).isEqualTo(4 + (6000 / 64 - 3000 / 64) + 1);
            PastRows.forget(run, 3, rows.position());
            assertThat(files()).as("four of the reservoir, one that fills").isEqualTo(5);
            assertThat(draw(rows, 100)).allMatch(n -> n < 6000);
        }
    }

    @Test
    void everyStretchOfThePastIsDrawnAlike() {
        int[] tenths = new int[10];
        int draws = 20_000;
        try (PastRows rows = open(64 * 50, PastPosition.START)) {
            IntStream.range(0, 64 * 1000).forEach(n -> rows.add(row(n)));
            draw(rows, draws).forEach(n -> tenths[n / 6400]++);
        }
        // 50 files of 1000: a tenth holds 5 of them, give or take 2.1 (its standard deviation).
        for (int tenth : tenths) {
            assertThat(tenth * 50.0 / draws)
                    .as("seed %d, files of a tenth", SEED)
                    .isBetween(0.5, 12.0);
        }
        assertThat(IntStream.range(0, 5).map(i -> tenths[i]).sum() * 50.0 / draws)
                .as("files of the first half")
                .isBetween(14.0, 36.0);
    }

    @Test
    void aRowThatTheDiskHasLostIsNone() throws IOException {
        try (PastRows rows = open(64, PastPosition.START)) {
            IntStream.range(0, 70).forEach(n -> rows.add(row(n)));
            Files.delete(run.resolve("past-3/000000000000.rows"));
            assertThat(rows.draw()).isNull();
        }
    }
}
