package io.espalier.streams.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import io.espalier.gpu.Refused;
import io.espalier.gpu.disk.FullDisk;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Acknowledged records are read once and in order, and the spool never holds more than it may. */
@Timeout(60)
class SpoolTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final SpoolSettings SETTINGS =
            new SpoolSettings(1024, 1 << 20, Duration.ofHours(1), 50, 2000, Duration.ofSeconds(5));

    @TempDir
    Path directory;

    private final Recorder heard = new Recorder();
    private Instant now = NOW;

    private Spool open(SpoolSettings settings) {
        return Spool.open(directory, settings, () -> now);
    }

    private SpoolRecord record(String key, String text) {
        return new SpoolRecord(key, now, ("{\"text\":\"" + text + "\"}").getBytes(StandardCharsets.UTF_8));
    }

    private Appended append(Spool spool, int... numbers) {
        return spool.append(IntStream.of(numbers)
                .mapToObj(n -> record("k" + n, "record " + n))
                .toList());
    }

    private static Appended accepted(int records, int duplicates) {
        return new Appended.Accepted(records, duplicates);
    }

    private List<Arrival> read(long from) {
        try (SpoolFeed feed = new SpoolFeed("s", directory, from, () -> now, heard)) {
            List<Arrival> all = new ArrayList<>();
            for (List<Arrival> some = feed.poll(); !some.isEmpty(); some = feed.poll()) {
                all.addAll(some);
            }
            return all;
        }
    }

    private List<String> texts(long from) {
        return read(from).stream().map(SpoolTest::shown).toList();
    }

    private static String shown(Arrival arrival) {
        return switch (arrival) {
            case Arrival.Item item when item.fault() != null -> item.offset() + "!" + item.next();
            case Arrival.Item item ->
                item.offset() + "=" + new String(item.bytes(), StandardCharsets.UTF_8).replaceAll("[^0-9]", "");
            case Arrival.Tombstone tombstone -> "x" + tombstone.offset();
            case Arrival.Mark mark -> "->" + mark.next();
        };
    }

    private static List<String> numbered(int from, int to) {
        return IntStream.range(from, to).mapToObj(n -> n + "=" + n).toList();
    }

    private List<Path> segments() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(".spool"))
                    .sorted()
                    .toList();
        }
    }

    @Test
    void recordsAreReadInOrderFromAnyOffsetAlsoAcrossSegmentsAndReopening() throws IOException {
        for (int round = 0; round < 4; round++) {
            try (Spool spool = open(SETTINGS)) {
                for (int i = 0; i < 25; i++) {
                    assertThat(append(spool, round * 25 + i)).isEqualTo(accepted(1, 0));
                }
            }
        }
        assertThat(segments()).hasSizeGreaterThan(4);
        for (int from = 0; from <= 100; from += 7) {
            assertThat(texts(from)).as("from %d", from).isEqualTo(numbered(from, 100));
        }
        Arrival.Item first = (Arrival.Item) read(0).getFirst();
        assertThat(first.key()).hasToString("k0");
        assertThat(first.time()).isEqualTo(NOW);
        assertThat(heard.errors).isEmpty();
    }

    @Test
    void aReaderFollowsTheWriterAcrossSegments() {
        try (Spool spool = open(SETTINGS);
                SpoolFeed feed = new SpoolFeed("s", directory, 0, () -> now, heard)) {
            for (int i = 0; i < 200; i += 2) {
                assertThat(feed.poll()).isEmpty();
                append(spool, i, i + 1);
                assertThat(feed.poll().stream().map(SpoolTest::shown)).isEqualTo(numbered(i, i + 2));
            }
        }
    }

    @Test
    void aSpoolThatNobodyHasMadeIsEmpty() {
        try (SpoolFeed feed = new SpoolFeed("s", directory.resolve("absent"), 0, () -> now, heard)) {
            assertThat(feed.poll()).isEmpty();
        }
    }

    @Test
    void keysThatCameBeforeAreTakenOnceAlsoAfterTheirSegmentsAreGone() throws IOException {
        try (Spool spool = open(SETTINGS)) {
            assertThat(append(spool, 0, 1, 0)).isEqualTo(accepted(2, 1));
            for (int i = 2; i < 40; i++) {
                append(spool, i);
            }
            SpoolMarks.committed(directory, 40);
            append(spool, 40);
            assertThat(append(spool, 39)).isEqualTo(accepted(0, 1));
        }
        assertThat(segments()).hasSizeLessThan(3);
        try (Spool spool = open(SETTINGS)) {
            assertThat(append(spool, 0, 20, 40, 41)).isEqualTo(accepted(1, 3));
            assertThat(spool.append(List.of(record(null, "7"), record(null, "7"))))
                    .as("without keys")
                    .isEqualTo(accepted(2, 0));
            for (int i = 100; i < 150; i++) {
                append(spool, i);
            }
            assertThat(append(spool, 0)).as("the window is of 50").isEqualTo(accepted(1, 0));
        }
    }

    @Test
    void aSpoolThatHoldsWhatItMayIsFullUntilItsReaderHasCommitted() throws IOException {
        SpoolSettings small = new SpoolSettings(1024, 4096, Duration.ofHours(1), 50, 2000, Duration.ofSeconds(5));
        int taken = 0;
        try (Spool spool = open(small)) {
            while (append(spool, taken) instanceof Appended.Accepted) {
                taken++;
            }
            assertThat(append(spool, taken)).isEqualTo(new Appended.Full(Duration.ofSeconds(5)));
            assertThat(spool.status().bytes()).isBetween(3000L, 4096L + 100);
            SpoolMarks.committed(directory, taken / 2);
            assertThat(append(spool, taken)).isEqualTo(accepted(1, 0));
            assertThat(spool.status().committed()).isEqualTo(taken / 2);
        }
        assertThat(texts(taken / 2)).isEqualTo(numbered(taken / 2, taken + 1));
        assertThat(segments().getFirst())
                .as("deleted")
                .isNotEqualTo(SpoolSegment.of(directory, 0).file());
    }

    @Test
    void aSpoolWhoseOldestRecordWaitsTooLongIsFull() {
        try (Spool spool = open(SETTINGS)) {
            append(spool, 0);
            now = now.plus(Duration.ofMinutes(50));
            append(spool, 1);
            now = now.plus(Duration.ofMinutes(15));
            assertThat(append(spool, 2)).isInstanceOf(Appended.Full.class);
            SpoolMarks.committed(directory, 1);
            assertThat(append(spool, 2)).as("the second waits for 15 minutes").isEqualTo(accepted(1, 0));
            now = now.plus(Duration.ofMinutes(50));
        }
        try (Spool spool = open(SETTINGS)) {
            assertThat(append(spool, 3)).as("also when it is opened again").isInstanceOf(Appended.Full.class);
            SpoolMarks.committed(directory, 3);
            now = now.plus(Duration.ofDays(1));
            assertThat(append(spool, 3)).as("nothing waits").isEqualTo(accepted(1, 0));
        }
    }

    /** Cut at each byte of the last two records, as a crash may leave them. */
    @Test
    void aTornTailIsCutAndWhatCameBeforeStays() throws IOException {
        Path whole = directory.resolve("whole");
        try (Spool spool = Spool.open(whole, SETTINGS, () -> now)) {
            append(spool, 0, 1, 2);
        }
        Path segment = SpoolSegment.of(whole, 0).file();
        int frame = (int) Files.size(segment) / 3;
        for (int cut = 0; cut < 2 * frame; cut++) {
            Path torn = Files.createDirectory(directory.resolve("torn" + cut));
            byte[] bytes = Files.readAllBytes(segment);
            Files.write(SpoolSegment.of(torn, 0).file(), Arrays.copyOf(bytes, frame + cut));
            int left = cut < frame ? 1 : 2;
            try (Spool spool = Spool.open(torn, SETTINGS, () -> now)) {
                assertThat(spool.status().next()).isEqualTo(left);
                assertThat(append(spool, 0, 5)).isEqualTo(accepted(1, 1));
            }
            try (SpoolFeed feed = new SpoolFeed("s", torn, 0, () -> now, heard)) {
                assertThat(feed.poll().stream().map(SpoolTest::shown))
                        .as("cut at %d", cut)
                        .endsWith(left + "=5")
                        .hasSize(left + 1);
            }
        }
    }

    @Test
    void damageIsOneDeadRecordAndWhatLiesBehindItIsRead() throws IOException {
        try (Spool spool = open(SETTINGS)) {
            for (int i = 0; i < 60; i++) {
                append(spool, i);
            }
        }
        long seed = 3;
        Random random = new Random(seed);
        List<Path> files = segments();
        byte[] first = Files.readAllBytes(files.get(0));
        int frame = first.length
                / (int) Long.parseLong(files.get(1).getFileName().toString().substring(0, 20));
        for (int i = 0; i < 30; i++) {
            byte[] damaged = first.clone();
            int at = random.nextInt(first.length);
            damaged[at] ^= (byte) (1 << random.nextInt(8));
            Files.write(files.get(0), damaged);
            List<String> read = texts(0);
            String place = "seed " + seed + ", byte " + at;
            assertThat(read).as(place).hasSize(60).endsWith("59=59");
            List<String> faults =
                    read.stream().filter(text -> text.contains("!")).toList();
            assertThat(faults).as(place).hasSize(1);
            assertThat(Integer.parseInt(
                            faults.getFirst().substring(0, faults.getFirst().indexOf('!'))))
                    .as(place)
                    .isBetween(at / frame - 2, at / frame + 2);
            try (Spool spool = open(SETTINGS)) {
                assertThat(spool.status().next()).as(place).isEqualTo(60);
            }
        }
    }

    /**
     * The last segment has nothing behind it that would tell a tear from damage, but the mark of the records on disk
     * does.
     */
    @Test
    void numbersOfDamagedRecordsAreNotGivenAgain() throws IOException {
        try (Spool spool = open(SETTINGS)) {
            append(spool, 0, 1, 2, 3);
        }
        Path segment = segments().getFirst();
        try (FileChannel file = FileChannel.open(segment, StandardOpenOption.WRITE)) {
            file.write(ByteBuffer.wrap(new byte[] {9}), file.size() - 3);
        }
        assertThat(texts(0)).containsExactly("0=0", "1=1", "2=2", "3!4");
        try (Spool spool = open(SETTINGS)) {
            append(spool, 4);
            append(spool, 5);
        }
        assertThat(texts(0)).containsExactly("0=0", "1=1", "2=2", "3!4", "4=4", "5=5");
        assertThat(texts(4)).containsExactly("4=4", "5=5");
    }

    @Test
    void recordsThatAreGoneAreToldAndPassedOver() throws IOException {
        try (Spool spool = open(SETTINGS)) {
            for (int i = 0; i < 60; i++) {
                append(spool, i);
            }
        }
        long second = Long.parseLong(segments().get(1).getFileName().toString().substring(0, 20));
        Files.delete(segments().getFirst());
        assertThat(texts(3)).startsWith("->" + second, second + "=" + second).endsWith("59=59");
        assertThat(heard.errors).hasSize(1).first().asString().contains("records 3 to " + second + " are gone");
    }

    @Test
    void manySendersShareForcesAndEachIsToldTheTruth() throws InterruptedException, ExecutionException {
        try (Spool spool = open(new SpoolSettings(
                        1 << 16, 1 << 24, Duration.ofHours(1), 100_000, 2000, Duration.ofSeconds(5)));
                ExecutorService senders = Executors.newFixedThreadPool(16)) {
            List<Future<Integer>> sent = new ArrayList<>();
            for (int sender = 0; sender < 16; sender++) {
                int own = sender;
                sent.add(senders.submit(() -> {
                    int fresh = 0;
                    for (int i = 0; i < 100; i++) {
                        // Half of the keys are every sender's.
                        int key = i % 2 == 0 ? i : 1000 + own * 1000 + i;
                        fresh += ((Appended.Accepted) append(spool, key)).records();
                    }
                    return fresh;
                }));
            }
            int fresh = 0;
            for (Future<Integer> future : sent) {
                fresh += future.get();
            }
            assertThat(fresh).isEqualTo(50 + 16 * 50);
            assertThat(spool.status().next()).isEqualTo(fresh);
            List<Arrival> all = read(0);
            assertThat(all).hasSize(fresh);
            assertThat(all.stream()
                            .map(arrival -> ((Arrival.Item) arrival).key())
                            .distinct())
                    .hasSize(fresh);
        }
    }

    @Test
    void aSpoolHasOneWriterAndTakesShortRecordsOnly() {
        try (Spool spool = open(SETTINGS)) {
            assertThatThrownBy(() -> open(SETTINGS))
                    .isInstanceOf(Refused.class)
                    .hasMessageContaining("another process writes this spool");
            assertThatThrownBy(() -> spool.append(List.of(record("a", "x".repeat(2000)))))
                    .isInstanceOf(Refused.class)
                    .hasMessageContaining("must be at most 2000");
        }
        Spool closed = open(SETTINGS);
        closed.close();
        assertThatThrownBy(() -> append(closed, 1))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("is closed");
        try (Spool again = open(SETTINGS)) {
            assertThat(again.status().next()).isZero();
        }
    }

    @Test
    void aSpoolThatIsMadeIsItsOwnersAlone() throws IOException {
        Path made = directory.resolve("state/spool");
        Spool.open(made, SETTINGS).close();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(made)))
                .isEqualTo("rwx------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(made.getParent())))
                .isEqualTo("rwx------");
    }

    @Test
    void settingsAreReadOverTheirDefaultsAndChecked() {
        assertThat(SpoolSettings.of(ConfigFactory.parseString("espalier.spool.window = 7"))
                        .window())
                .isEqualTo(7);
        assertThat(SpoolSettings.of(ConfigFactory.empty()).maxBytes()).isEqualTo(1L << 30);
        assertThatThrownBy(() -> SpoolSettings.of(ConfigFactory.parseString("espalier.spool.max-bytes = 1 MiB")))
                .isInstanceOf(Refused.class)
                .hasMessageContaining("espalier.spool.max-bytes is 1048576, less than two segments");
        assertThatThrownBy(() -> SpoolSettings.of(ConfigFactory.parseString("espalier.spool.size = 1")))
                .isInstanceOf(Refused.class)
                .hasMessageContaining("unknown keys");
    }

    @Test
    void aFullDiskTakesNothingAndTheSpoolGoesOnByItselfWhenThereIsRoom() {
        try (Spool spool = open(SETTINGS)) {
            append(spool, 0, 1);
            try (FullDisk _ = FullDisk.below(directory)) {
                for (int i = 0; i < 3; i++) {
                    assertThatThrownBy(() -> append(spool, 2, 3))
                            .isInstanceOfSatisfying(
                                    Refused.class, e -> assertThat(e.reason()).isEqualTo(Refused.Reason.TRY_AGAIN))
                            .hasMessage(directory + ": no space left on the disk");
                }
            }
            assertThat(spool.isBroken()).isFalse();
            assertThat(append(spool, 2, 4)).as("what was refused is new").isEqualTo(accepted(2, 0));
        }
        assertThat(texts(0)).containsExactly("0=0", "1=1", "2=2", "3=4");
    }

    @Test
    void aSegmentThatThereIsNoRoomForIsBegunLater() throws IOException {
        try (Spool spool = open(SETTINGS)) {
            int last = 0;
            while (spool.status().bytes() < SETTINGS.segmentBytes()) {
                append(spool, last++);
            }
            int refused = last;
            try (FullDisk _ = FullDisk.below(directory)) {
                assertThatThrownBy(() -> append(spool, refused)).isInstanceOf(Refused.class);
            }
            assertThat(append(spool, refused)).isEqualTo(accepted(1, 0));
            assertThat(append(spool, refused + 1)).isEqualTo(accepted(1, 0));
            assertThat(segments()).hasSize(2);
            assertThat(texts(0)).isEqualTo(numbered(0, refused + 2));
        }
    }

    @Test
    void recordsThatADiskMayNotHoldAfterAFailedForceAreTakenInAnewAndOnce() {
        Spool spool = open(SETTINGS);
        append(spool, 0);
        try (FullDisk _ = FullDisk.below(directory.resolve(SpoolLog.FORCED))) {
            assertThatThrownBy(() -> append(spool, 1, 2)).isInstanceOf(Refused.class);
        }
        assertThat(spool.isBroken()).isTrue();
        assertThatThrownBy(() -> append(spool, 1, 2)).hasMessageContaining("of no use since its disk failed");
        try (Spool again = spool.reopen()) {
            assertThat(append(again, 1, 2))
                    .as("nobody was told that they are there")
                    .isEqualTo(accepted(2, 0));
            assertThat(append(again, 0)).isEqualTo(accepted(0, 1));
        }
        assertThat(texts(0)).containsExactly("0=0", "1=1", "2=2");
    }

    @Test
    void aDamagedMarkOfTheReaderDoesNotKeepTheSpoolFromBeingOpened() throws IOException {
        try (Spool spool = open(SETTINGS)) {
            append(spool, 0, 1, 2);
            SpoolMarks.committed(directory, 2);
        }
        for (byte[] damaged : new byte[][] {"x1\n".getBytes(StandardCharsets.UTF_8), {}, {(byte) 0xff, (byte) 0xfe}}) {
            Files.write(directory.resolve("committed"), damaged);
            try (Spool spool = open(SETTINGS)) {
                assertThat(append(spool, 1)).isEqualTo(accepted(0, 1));
            }
            assertThat(texts(0)).containsExactly("0=0", "1=1", "2=2");
        }
    }
}
