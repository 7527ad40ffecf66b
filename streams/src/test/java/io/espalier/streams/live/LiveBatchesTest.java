package io.espalier.streams.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.gpu.Refused;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.streams.live.LiveStatus.PartitionStatus;
import io.espalier.streams.live.LiveStatus.SourceStatus;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.SinkQueueWithCancel;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Each record counts once wherever a stream goes on, sources take turns, and nothing is read that nobody asked for. */
@Timeout(60)
class LiveBatchesTest {
    @TempDir
    Path directory;

    private LiveRig rig;

    @BeforeEach
    void open() {
        rig = new LiveRig(directory);
    }

    @AfterEach
    void close() {
        rig.close();
    }

    private static ScriptedSource numbered(String name, long end) {
        return new ScriptedSource(name, end, n -> ScriptedSource.text(name, n, name + "-" + n));
    }

    private static List<String> numbers(String name, long end) {
        return LongStream.range(0, end).mapToObj(n -> name + "-" + n).toList();
    }

    private static List<String> of(String name, List<String> texts) {
        return texts.stream().filter(text -> text.startsWith(name + "-")).toList();
    }

    private List<TokenBatch> take(LiveBatches batches, LivePosition from, long before, int count) {
        return rig.run(batches.training(from, before).take(count));
    }

    @Test
    void recordsArePackedInTheirOrderAndAStreamGoesOnWhereAnyOfItsBatchesEnded() {
        LiveSettings settings = rig.settings("");
        List<TokenBatch> whole = take(rig.batches(settings, 16, 3, numbered("a", 1000)), LivePosition.START, 0, 60);
        assertThat(ByteTokenizer.texts(whole))
                .isEqualTo(numbers("a", ByteTokenizer.texts(whole).size()));
        for (int k = 0; k < whole.size() - 1; k += 7) {
            List<TokenBatch> rest = take(
                    rig.batches(settings, 16, 3, numbered("a", 1000)),
                    LiveRig.after(whole.get(k)),
                    k + 1,
                    whole.size() - k - 1);
            assertThat(rest.stream().map(TokenBatch::sha256))
                    .isEqualTo(whole.subList(k + 1, whole.size()).stream()
                            .map(TokenBatch::sha256)
                            .toList());
            assertThat(rest.getFirst().sequence()).isEqualTo(k + 1);
            assertThat(LiveRig.after(rest.getLast()).stored())
                    .isEqualTo(LiveRig.after(whole.getLast()).stored());
        }
    }

    @Test
    void aRecordOfManyRowsGoesOnInItsMiddle() {
        String text = "x".repeat(100) + "y".repeat(100);
        ScriptedSource source = new ScriptedSource("a", 40, n -> ScriptedSource.text("a", n, text));
        List<TokenBatch> whole = take(rig.batches(rig.settings(""), 16, 2, source), LivePosition.START, 0, 12);
        List<TokenBatch> halves = new ArrayList<>(whole.subList(0, 3));
        halves.addAll(take(rig.batches(rig.settings(""), 16, 2, source), LiveRig.after(whole.get(2)), 3, 9));
        assertThat(ByteTokenizer.texts(halves)).isNotEmpty().containsOnly(text);
        assertThat(halves.stream().map(TokenBatch::sha256))
                .isEqualTo(whole.stream().map(TokenBatch::sha256).toList());
    }

    @Test
    void severalSourcesTakeTurnsAndEachRecordOfEachComesOnce() {
        LiveSettings settings = rig.settings("");
        List<TokenBatch> all = new ArrayList<>();
        LivePosition at = LivePosition.START;
        for (int round = 0; round < 8; round++) {
            all.addAll(take(rig.batches(settings, 16, 3, numbered("a", 1000), numbered("b", 1000)), at, all.size(), 9));
            at = LiveRig.after(all.getLast());
        }
        List<String> texts = ByteTokenizer.texts(all);
        List<String> ofA = of("a", texts);
        List<String> ofB = of("b", texts);
        assertThat(ofA).isEqualTo(numbers("a", ofA.size()));
        assertThat(ofB).isEqualTo(numbers("b", ofB.size()));
        assertThat(ofA.size()).isBetween(ofB.size() - 20, ofB.size() + 20);
        assertThat(at.partitions().keySet()).containsExactly("a", "b");
    }

    @Test
    void aBusySourceDoesNotKeepAnotherWaiting() {
        LiveBatches batches = rig.batches(rig.settings(""), 64, 4, numbered("busy", 1_000_000), numbered("calm", 3));
        List<String> texts = ByteTokenizer.texts(take(batches, LivePosition.START, 0, 1));
        assertThat(texts.indexOf("calm-2")).as("place of its third record").isBetween(0, 15);
    }

    /** A queue of one batch, which is asked for before it is pulled. */
    private SinkQueueWithCancel<TokenBatch> queue(LiveBatches batches) {
        return batches.training(LivePosition.START, 0)
                .runWith(Sink.<TokenBatch>queue(1).withAttributes(Attributes.inputBuffer(1, 1)), rig.system);
    }

    @Test
    void whatHasNoDemandIsNotRead() {
        ScriptedSource source = numbered("a", Long.MAX_VALUE);
        LiveBatches batches = rig.batches(rig.settings(""), 16, 2, source);
        SinkQueueWithCancel<TokenBatch> queue = queue(batches);
        for (int taken = 1; taken <= 200; taken++) {
            TokenBatch batch = queue.pull().toCompletableFuture().join().orElseThrow();
            // A batch that waits, one being made of up to 8 records, 3 that are decoded at once, one in each of a few
            // stages.
            assertThat(source.given.get() - read((LivePosition) batch.next())).isBetween(0L, 30L);
        }
        queue.cancel();
    }

    @Test
    void keysThatCameBeforeAreDroppedWithinTheirWindowAlsoAfterARestart() {
        LiveSettings settings = rig.settings("dedupe { window = 8 }");
        // Each key comes at n, again 2 records later, and once more 40 later, when it is forgotten.
        ScriptedSource source = new ScriptedSource("a", 1000, n -> {
            long key = n / 4 * 2 + n % 2;
            return ScriptedSource.item(
                    "a", n, "k" + key % 20, Arrival.Form.TEXT, ("key-" + key + ".").getBytes(StandardCharsets.UTF_8));
        });
        List<TokenBatch> all = new ArrayList<>();
        LivePosition at = LivePosition.START;
        for (int round = 0; round < 10; round++) {
            all.addAll(take(rig.batches(settings, 16, 1, source), at, all.size(), 3));
            at = LiveRig.after(all.getLast());
        }
        List<String> texts = ByteTokenizer.texts(all);
        assertThat(texts)
                .isEqualTo(LongStream.range(0, texts.size())
                        .mapToObj(n -> "key-" + n + ".")
                        .toList());
        assertThat(texts).as("more keys than there are names for").hasSizeGreaterThan(40);
        long read = at.source("a").next().values().stream()
                .mapToLong(Long::longValue)
                .sum();
        assertThat(at.duplicates()).isBetween(read / 2 - 2, read / 2);
        assertThat(rig.heard.duplicates).contains("k0", "k19");
    }

    private static ScriptedSource poisoned() {
        return new ScriptedSource("a", 1000, n -> {
            byte[] bytes = switch ((int) (n % 10)) {
                case 1 -> new byte[] {'"', (byte) 0xC3, '"'};
                case 3 -> "{\"text\":".getBytes(StandardCharsets.UTF_8);
                case 5 -> "{\"words\":\"x\"}".getBytes(StandardCharsets.UTF_8);
                case 7 -> ("{\"text\":\"" + "x".repeat(LiveRig.LONGEST) + "\"}").getBytes(StandardCharsets.UTF_8);
                case 9 -> "{\"text\":\"\"}".getBytes(StandardCharsets.UTF_8);
                default -> ("{\"text\":\"good-" + n + "\"}").getBytes(StandardCharsets.UTF_8);
            };
            return ScriptedSource.item("a", n, null, Arrival.Form.JSON, bytes);
        });
    }

    @Test
    void deadRecordsAreTakenInAndToldAndNeverInTheWay() throws IOException {
        LiveSettings settings = rig.settings("dead-letters { max-share = 1 }");
        List<TokenBatch> batches = take(rig.batches(settings, 16, 2, poisoned()), LivePosition.START, 0, 20);
        assertThat(ByteTokenizer.texts(batches)).startsWith("good-0", "good-2", "good-4", "good-6", "good-8");
        LivePosition at = LiveRig.after(batches.getLast());
        long read = at.source("a").next().values().stream()
                .mapToLong(Long::longValue)
                .sum();
        assertThat(at.dead()).isEqualTo(read / 2);
        assertThat(rig.heard.dead).hasSize((int) (read / 2));
        assertThat(rig.heard.dead.stream().limit(5).map(DeadLetter::reason))
                .satisfiesExactly(
                        reason -> assertThat(reason).contains("UTF-8"),
                        reason -> assertThat(reason).contains("no JSON"),
                        reason -> assertThat(reason).contains("a#5: text is absent"),
                        reason -> assertThat(reason).contains("bytes: must be at most 2000"),
                        reason -> assertThat(reason).contains("empty"));
        assertThat(rig.heard.dead.get(3).excerpt()).hasSize(200).startsWith("{\"text\":\"xxx");
        assertThat(rig.heard.tooMany).isEmpty();
        List<String> lines = Files.readAllLines(rig.run().resolve("dead-letters.jsonl"));
        assertThat(lines).hasSize((int) (read / 2));
        assertThat(lines.getFirst())
                .contains(
                        "\"source\":\"a\"", "\"partition\":1", "\"offset\":0", "\"where\":\"a#1\"", "\"time\":\"2026-");
    }

    @Test
    void deadLettersThatComeAgainAfterARestartAreInTheFileOnce() throws IOException {
        LiveSettings settings = rig.settings("dead-letters { max-share = 1 }");
        List<TokenBatch> batches = take(rig.batches(settings, 16, 2, poisoned()), LivePosition.START, 0, 20);
        List<String> lines = Files.readAllLines(rig.run().resolve("dead-letters.jsonl"));
        take(rig.batches(settings, 16, 2, poisoned()), LiveRig.after(batches.get(7)), 8, 12);
        assertThat(Files.readAllLines(rig.run().resolve("dead-letters.jsonl"))).isEqualTo(lines);
    }

    @Test
    void theFileOfDeadLettersIsBounded() throws IOException {
        LiveSettings settings = rig.settings("dead-letters { max-share = 1, file-bytes = 10000 }");
        take(rig.batches(settings, 16, 2, poisoned()), LivePosition.START, 0, 100);
        Path file = rig.run().resolve("dead-letters.jsonl");
        assertThat(Files.size(file)).isBetween(4000L, 10_000L);
        assertThat(rig.heard.dead.size()).as("letters").isGreaterThan(100);
        assertThat(Files.readAllLines(file).getLast())
                .contains("\"where\":\"" + rig.heard.dead.getLast().where() + "\"");
    }

    @Test
    void aDeadRecordLeavesItsKeyToTheOneThatIsSentInItsPlace() {
        // The first of each ten records is empty, the second has its key and is right, and the third is the second
        // again.
        ScriptedSource source = new ScriptedSource("a", 1000, n -> {
            String text = n % 10 == 0 ? "" : "right-" + n;
            String key = n % 10 < 3 ? "key-" + n / 10 : null;
            return ScriptedSource.item("a", n, key, Arrival.Form.TEXT, text.getBytes(StandardCharsets.UTF_8));
        });
        List<TokenBatch> batches = take(
                rig.batches(rig.settings("dead-letters { max-share = 1 }"), 16, 2, source), LivePosition.START, 0, 20);
        assertThat(ByteTokenizer.texts(batches))
                .startsWith("right-1", "right-3", "right-4")
                .contains("right-11")
                .doesNotContain("right-2", "right-12");
        LivePosition at = LiveRig.after(batches.getLast());
        assertThat(at.dead()).isBetween(read(at) / 10, read(at) / 10 + 1);
        assertThat(at.duplicates()).isBetween(read(at) / 10 - 1, read(at) / 10 + 1);
    }

    @Test
    void keysThatAreNoTextAreAsDifferentAsTheirBytes() {
        byte[][] keys = {{(byte) 0xC3}, {(byte) 0xC4}, {(byte) 0xC3, 0x28}, "0xc3".getBytes(StandardCharsets.UTF_8)};
        assertThat(Arrays.stream(keys).map(RecordKey::of).map(RecordKey::hash)).doesNotHaveDuplicates();
        assertThat(RecordKey.of(keys[0])).hasToString("0xc3");
        assertThat(RecordKey.of("Schlüssel")).hasToString("Schlüssel");
        assertThat(RecordKey.of("k").hash()).isEqualTo(KeyWindow.hash("k"));
    }

    @Test
    void tooManyDeadLettersAreToldWithTheReasonOfTheLast() {
        LiveSettings settings = rig.settings("dead-letters { max-share = 0.2, window = 20 }");
        take(rig.batches(settings, 16, 2, poisoned()), LivePosition.START, 0, 3);
        assertThat(rig.heard.tooMany).isNotEmpty();
        assertThat(rig.heard.tooMany.getFirst())
                .isEqualTo("more than 20.0 % of the last 20 records are dead letters, the last of them a#9: "
                        + "text is empty: must hold at least one token");
    }

    private String anchors() throws IOException {
        Path file = directory.resolve("anchors.jsonl");
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 60; i++) {
            lines.append("{\"text\":\"").append("anchor ".repeat(5)).append(i).append("\"}\n");
        }
        return Files.writeString(file, lines).toString();
    }

    private static List<Boolean> anchored(List<TokenBatch> batches) {
        return batches.stream()
                .map(batch ->
                        batch.provenance().stream().anyMatch(p -> p.source().endsWith("anchors.jsonl")))
                .toList();
    }

    @Test
    void earlierRowsAreMixedInByTheirShareAndGoOnExactly() throws IOException {
        LiveSettings settings = rig.settings("replay { share = 0.25, anchors = [\"" + anchors() + "\"] }");
        List<TokenBatch> whole = take(rig.batches(settings, 16, 1, numbered("a", 1000)), LivePosition.START, 0, 80);
        assertThat(anchored(whole))
                .isEqualTo(IntStream.range(0, 80).mapToObj(i -> i % 4 == 3).toList());
        List<TokenBatch> live = IntStream.range(0, 80)
                .filter(i -> i % 4 != 3)
                .mapToObj(whole::get)
                .toList();
        assertThat(ByteTokenizer.texts(live))
                .isEqualTo(numbers("a", ByteTokenizer.texts(live).size()));
        for (int k : List.of(0, 2, 3, 29, 78)) {
            List<TokenBatch> rest =
                    take(rig.batches(settings, 16, 1, numbered("a", 1000)), LiveRig.after(whole.get(k)), k + 1, 79 - k);
            assertThat(rest.stream().map(TokenBatch::sha256))
                    .isEqualTo(whole.subList(k + 1, 80).stream()
                            .map(TokenBatch::sha256)
                            .toList());
        }
        assertThat(LiveRig.after(whole.getLast()).partitions().keySet())
                .as("what is accounted for")
                .containsExactly("a");
    }

    @Test
    void theRunsOwnPastIsReplayedInTurnWithAnchorsAndGoesOnExactly() throws IOException {
        LiveSettings settings = rig.settings(
                "replay { share = 0.5, past { rows = 640, share = 0.5 }, anchors = [\"" + anchors() + "\"] }");
        List<TokenBatch> whole = take(rig.batches(settings, 16, 1, numbered("a", 5000)), LivePosition.START, 0, 400);
        List<Boolean> past = whole.stream()
                .map(batch -> batch.provenance().getFirst().source().endsWith(".rows"))
                .toList();
        assertThat(past.subList(0, 127)).as("before 64 live rows there is none").containsOnly(false);
        assertThat(past.subList(200, 400).stream().filter(b -> b)).hasSize(50);
        assertThat(anchored(whole.subList(200, 400)).stream().filter(b -> b)).hasSize(50);
        for (int k : List.of(70, 131, 258, 398)) {
            List<TokenBatch> rest = take(
                    rig.batches(settings, 16, 1, numbered("a", 5000)), LiveRig.after(whole.get(k)), k + 1, 399 - k);
            assertThat(rest.stream().map(TokenBatch::sha256))
                    .isEqualTo(whole.subList(k + 1, 400).stream()
                            .map(TokenBatch::sha256)
                            .toList());
        }
    }

    @Test
    void theShareThatWasSetAtRunTimeHoldsAfterARestart() throws IOException {
        LiveSettings settings = rig.settings("replay { share = 0, anchors = [\"" + anchors() + "\"] }");
        LiveBatches batches = rig.batches(settings, 16, 1, numbered("a", 1000));
        SinkQueueWithCancel<TokenBatch> queue = queue(batches);
        List<TokenBatch> taken = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            if (i == 10) {
                batches.replayShare(0.5);
            }
            taken.add(queue.pull().toCompletableFuture().join().orElseThrow());
        }
        queue.cancel();
        assertThat(anchored(taken.subList(0, 10))).containsOnly(false);
        assertThat(anchored(taken.subList(14, 40)).stream().filter(b -> b)).hasSize(13);
        LiveBatches again = rig.batches(settings, 16, 1, numbered("a", 1000));
        List<TokenBatch> rest = take(again, LiveRig.after(taken.getLast()), 40, 20);
        assertThat(anchored(rest).stream().filter(b -> b)).hasSize(10);
        assertThat(again.status().replayShare()).isEqualTo(0.5);
        assertThatThrownBy(() -> again.replayShare(1))
                .isInstanceOf(Refused.class)
                .hasMessage("live.replay.share is 1.0: must be at least 0 and below 1");
    }

    @Test
    void statusTellsHowFarEachSourceIsAndWhatItHasLeft() {
        LiveBatches batches = rig.batches(rig.settings(""), 16, 2, numbered("a", 101));
        assertThat(batches.status().sources()).isEmpty();
        List<TokenBatch> taken = take(batches, LivePosition.START, 0, 2);
        SourceStatus status = batches.status().sources().getFirst();
        assertThat(status.partitions()).hasSize(2).allMatch(p -> p.next() > 0);
        assertThat(status.partitions())
                .extracting(PartitionStatus::end)
                .containsExactly(OptionalLong.of(51), OptionalLong.of(50));
        assertThat(status.lagRecords()).hasValue(101 - status.read());
        assertThat(status.read()).isGreaterThanOrEqualTo(read(LiveRig.after(taken.getLast())));
        assertThat(status.lastRecordTime()).hasValue(ScriptedSource.TIME.plusSeconds(status.read() - 1));
    }

    private static long read(LivePosition position) {
        return position.source("a").next().values().stream()
                .mapToLong(Long::longValue)
                .sum();
    }

    @Test
    void whatWasCommittedReachesItsSource() {
        ScriptedSource source = numbered("a", 100);
        LiveBatches batches = rig.batches(rig.settings(""), 16, 2, source);
        LivePosition at = LiveRig.after(take(batches, LivePosition.START, 0, 2).getLast());
        batches.committed(at);
        assertThat(source.committed).containsExactly(at.source("a").next());
        assertThat(at.partitions().get("a").values())
                .extracting(PartitionPosition::first)
                .containsExactly(0L, 0L);
    }

    @Test
    void closingEndsAStreamThatHasNothingToGive() {
        LiveBatches batches = rig.batches(rig.settings(""), 16, 2, numbered("a", 2));
        var done = batches.training(LivePosition.START, 0)
                .runWith(Sink.ignore(), rig.system)
                .toCompletableFuture();
        batches.close();
        assertThat(done).succeedsWithin(Duration.ofSeconds(20));
    }
}
