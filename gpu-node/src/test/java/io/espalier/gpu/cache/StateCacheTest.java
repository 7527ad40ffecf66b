package io.espalier.gpu.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.gpu.Refused;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A cache gives back what was put, whole or not at all, in bounded room, and touches no directory but its own. */
@Timeout(60)
class StateCacheTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final int PAYLOAD = 1000;

    @TempDir
    Path temporary;

    private final List<String> warnings = new CopyOnWriteArrayList<>();

    private StateCache open(Path directory, long maxBytes) {
        return StateCache.open(directory, maxBytes, Clock.fixed(NOW, ZoneOffset.UTC), warnings::add);
    }

    private StateCache open(long maxBytes) {
        return open(temporary.resolve("cache"), maxBytes);
    }

    private static StateKey key(int i) {
        return StateKey.of("entry " + i + "\n");
    }

    private static byte[] payload(int i) {
        byte[] bytes = new byte[PAYLOAD];
        Arrays.fill(bytes, (byte) i);
        bytes[i % PAYLOAD] = 77;
        return bytes;
    }

    private static void put(StateCache cache, int i) {
        // In two pieces, as a large tensor comes.
        MemorySegment all = MemorySegment.ofArray(payload(i));
        cache.put(key(i), PAYLOAD, pieces -> {
            pieces.accept(all.asSlice(0, 600));
            pieces.accept(all.asSlice(600));
        });
    }

    private static Optional<byte[]> find(StateCache cache, int i) {
        return cache.find(key(i), PAYLOAD, payload -> payload.toArray(ValueLayout.JAVA_BYTE));
    }

    private static Path file(StateCache cache, int i) {
        String name = key(i).name();
        return cache.directory().resolve(name.substring(0, 2)).resolve(name + ".state");
    }

    @Test
    void whatWasPutIsFoundByThisProcessAndTheNext() {
        StateCache cache = open(1 << 20);
        assertThat(find(cache, 1)).isEmpty();
        put(cache, 1);
        put(cache, 1);
        assertThat(find(cache, 1)).hasValue(payload(1));
        StateCache next = open(1 << 20);
        assertThat(find(next, 1)).hasValue(payload(1));
        assertThat(find(next, 2)).isEmpty();
        assertThat(cache.counts().hits()).isEqualTo(1);
        assertThat(cache.counts().misses()).isEqualTo(1);
        assertThat(next.counts().bytes()).isEqualTo(StateFile.bytes(key(1), PAYLOAD));
        assertThat(warnings).isEmpty();
    }

    @TestFactory
    Stream<DynamicTest> whatIsNotTheEntryIsSaidRemovedAndCountedAsMissing() {
        return Stream.of("empty", "cut", "longer", "zeroed", "header bit", "identity bit", "last bit", "other entry")
                .map(how -> DynamicTest.dynamicTest(how, () -> {
                    StateCache cache = open(temporary.resolve(how), 1 << 20);
                    put(cache, 1);
                    Path file = file(cache, 1);
                    Files.write(file, damaged(how, Files.readAllBytes(file), cache));
                    warnings.clear();
                    assertThat(find(cache, 1)).isEmpty();
                    assertThat(warnings)
                            .singleElement()
                            .asString()
                            .contains(file.toString())
                            .contains("removed, to be computed again");
                    assertThat(file).doesNotExist();
                    assertThat(cache.counts().damaged()).isEqualTo(1);
                    assertThat(cache.counts().misses()).isEqualTo(1);
                    put(cache, 1);
                    assertThat(find(cache, 1)).hasValue(payload(1));
                }));
    }

    private static byte[] damaged(String how, byte[] bytes, StateCache cache) throws IOException {
        int flipped = switch (how) {
            case "header bit" -> 9;
            case "identity bit" -> 33;
            default -> bytes.length - 1;
        };
        byte[] changed = bytes.clone();
        changed[flipped] ^= 1;
        return switch (how) {
            case "empty" -> new byte[0];
            case "cut" -> Arrays.copyOf(bytes, bytes.length - 1);
            case "longer" -> Arrays.copyOf(bytes, bytes.length + 1);
            case "zeroed" -> new byte[bytes.length];
            case "other entry" -> {
                put(cache, 2);
                yield Files.readAllBytes(file(cache, 2));
            }
            default -> changed;
        };
    }

    @Test
    void theOldestEntriesMakeRoomAndTheLimitHolds() throws IOException {
        long entry = StateFile.bytes(key(0), PAYLOAD);
        StateCache cache = open(10 * entry);
        for (int i = 0; i < 30; i++) {
            put(cache, i);
            Files.setLastModifiedTime(file(cache, i), FileTime.from(NOW.plusSeconds(i)));
            assertThat(cache.counts().bytes()).isLessThanOrEqualTo(10 * entry);
        }
        List<Integer> left = IntStream.range(0, 30)
                .filter(i -> Files.exists(file(cache, i)))
                .boxed()
                .toList();
        assertThat(left).hasSizeBetween(9, 10).startsWith(30 - left.size()).endsWith(29);
        assertThat(cache.counts().evicted()).isEqualTo(30 - left.size());
        StateCache smaller = open(3 * entry);
        assertThat(smaller.counts().bytes()).isLessThanOrEqualTo(3 * entry);
        assertThat(find(smaller, 29)).hasValue(payload(29));
    }

    @Test
    void anEntryBeyondTheLimitIsLeftOutAndThatIsSaidOnce() {
        StateCache cache = open(PAYLOAD);
        put(cache, 1);
        put(cache, 2);
        assertThat(find(cache, 1)).isEmpty();
        assertThat(warnings)
                .singleElement()
                .asString()
                .contains("the limit is 1000")
                .contains("nothing more is stored");
    }

    @Test
    void aDiskThatTakesNothingIsSaidOnceAndHarmsNothing() throws IOException {
        StateCache cache = open(1 << 20);
        put(cache, 1);
        Path folder = file(cache, 2).getParent();
        assertThat(folder).isNotEqualTo(file(cache, 1).getParent());
        Files.writeString(folder, "in the way");
        put(cache, 2);
        put(cache, 3);
        assertThat(warnings).singleElement().asString().contains("nothing more is stored");
        assertThat(find(cache, 1)).hasValue(payload(1));
    }

    @Test
    void whatADeadWriterLeftIsSweptAndWhatALiveOneWritesIsNot() throws IOException {
        StateCache cache = open(1 << 20);
        put(cache, 1);
        Path folder = file(cache, 1).getParent();
        Path dead = Files.writeString(folder.resolve("a.1-2-3.tmp"), "x");
        Path live = Files.writeString(folder.resolve("b.1-2-3.tmp"), "x");
        Files.setLastModifiedTime(dead, FileTime.from(NOW.minus(Duration.ofHours(2))));
        Files.setLastModifiedTime(live, FileTime.from(NOW.minus(Duration.ofMinutes(5))));
        open(1 << 20);
        assertThat(dead).doesNotExist();
        assertThat(live).exists();
    }

    @Test
    void aDirectoryOfOthersIsRefusedAndLeftAsItIs() throws IOException {
        Path other = Files.createDirectory(temporary.resolve("other"));
        Path letter = Files.writeString(other.resolve("letter.txt"), "x");
        assertThatThrownBy(() -> open(other, 1))
                .isInstanceOf(Refused.class)
                .hasMessageContaining("holds letter.txt and no espalier-cache.json");
        assertThatThrownBy(() -> open(letter, 1)).isInstanceOf(Refused.class).hasMessageContaining("is no directory");
        try (Stream<Path> left = Files.list(other)) {
            assertThat(left).containsExactly(letter);
        }
        Path later = open(temporary.resolve("later"), 1 << 20).directory();
        Files.writeString(
                later.resolve("espalier-cache.json"), "{\"format\":\"espalier-teacher-states\",\"version\":2}");
        assertThatThrownBy(() -> open(later, 1)).hasMessageContaining("version is 2: must be 1");
        Files.writeString(later.resolve("espalier-cache.json"), "{\"format\":\"dog\"}");
        assertThatThrownBy(() -> open(later, 1)).hasMessageContaining("format is \"dog\"");
        Files.writeString(later.resolve("espalier-cache.json"), "{");
        assertThatThrownBy(() -> open(later, 1)).hasMessageContaining("must be JSON");
    }

    /** Two that read and two that write and make room, each as a process of its own would. */
    @Test
    void readersAndWritersAtOnceSeeWholeEntriesOnly() throws Exception {
        Path directory = temporary.resolve("shared");
        long limit = 20 * StateFile.bytes(key(0), PAYLOAD);
        List<Callable<Integer>> work = IntStream.range(0, 4)
                .<Callable<Integer>>mapToObj(worker -> () -> {
                    StateCache cache = open(directory, limit);
                    int found = 0;
                    for (int round = 0; round < 400; round++) {
                        int i = (round * 7 + worker) % 40;
                        if (worker < 2) {
                            put(cache, i);
                        } else {
                            Optional<byte[]> seen = find(cache, i);
                            seen.ifPresent(bytes -> assertThat(bytes).isEqualTo(payload(i)));
                            found += seen.isPresent() ? 1 : 0;
                        }
                    }
                    return found;
                })
                .toList();
        try (ExecutorService pool = Executors.newFixedThreadPool(4)) {
            for (Future<Integer> result : pool.invokeAll(work)) {
                result.get();
            }
        }
        assertThat(warnings).isEmpty();
        StateCache after = open(directory, limit);
        assertThat(after.counts().bytes()).isBetween(1L, limit);
        try (Stream<Path> tree = Files.walk(directory)) {
            assertThat(tree).noneMatch(path -> path.toString().endsWith(".tmp"));
        }
    }
}
