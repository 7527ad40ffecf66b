package io.espalier.streams.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.gpu.Refused;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Files of a folder are read once each, oldest first, and an offset means the same record after a restart. */
@Timeout(30)
class FolderFeedTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

    @TempDir
    Path directory;

    private final Recorder heard = new Recorder();
    private Path folder;
    private Instant now = NOW;
    private long nanos;

    @BeforeEach
    void make() throws IOException {
        folder = Files.createDirectory(directory.resolve("in"));
    }

    private FolderFeed feed(long from) {
        return new FolderFeed(
                "f",
                new FolderSettings(folder, Duration.ofSeconds(2), Duration.ofSeconds(9)),
                new FolderCatalogue(directory.resolve("f.files.jsonl")),
                40,
                from,
                () -> now,
                () -> nanos,
                heard);
    }

    private void put(String name, int secondsAgo, byte[] bytes) throws IOException {
        Path file = Files.write(folder.resolve(name), bytes);
        Files.setLastModifiedTime(file, FileTime.from(NOW.minusSeconds(secondsAgo)));
    }

    private void put(String name, int secondsAgo, String text) throws IOException {
        put(name, secondsAgo, text.getBytes(StandardCharsets.UTF_8));
    }

    /** All that is there. */
    private static List<Arrival> drain(FolderFeed feed) {
        List<Arrival> all = new ArrayList<>();
        for (List<Arrival> found = feed.poll(); !found.isEmpty(); found = feed.poll()) {
            all.addAll(found);
            // A file may end with what was given last.
        }
        all.addAll(feed.poll());
        return all;
    }

    private List<Arrival> drain(long from) {
        try (FolderFeed feed = feed(from)) {
            return drain(feed);
        }
    }

    private static List<String> shown(List<Arrival> arrivals) {
        return arrivals.stream()
                .map(arrival -> switch (arrival) {
                    case Arrival.Item item ->
                        item.offset() + "=" + new String(item.bytes(), StandardCharsets.UTF_8)
                                + (item.fault() == null ? "" : "!");
                    case Arrival.Tombstone tombstone -> "x" + tombstone.offset();
                    case Arrival.Mark mark -> "->" + mark.next();
                })
                .toList();
    }

    @Test
    void filesAreReadOldestFirstAndOnlyOnceTheyHaveSettled() throws IOException {
        put("b.jsonl", 30, "b1\n\n  \nb2\n");
        put("a.jsonl", 20, "a1\n");
        put("c.txt", 25, "c\nc");
        put("d.jsonl", 1, "d1\n");
        put(".e.jsonl", 30, "hidden\n");
        put("f.csv", 30, "no text\n");
        try (FolderFeed feed = feed(0)) {
            assertThat(shown(drain(feed))).containsExactly("0=b1", "1=b2", "2=c\nc", "3=a1");
            now = NOW.plusSeconds(5);
            assertThat(shown(drain(feed))).containsExactly("4=d1");
            put("older.jsonl", 60, "o1\n");
            assertThat(shown(drain(feed))).as("moved in late").containsExactly("5=o1");
        }
        assertThat(heard.errors).isEmpty();
    }

    @Test
    void anOffsetMeansTheSameRecordAfterARestart() throws IOException {
        put("b.jsonl", 30, "b1\nb2\nb3\n");
        put("a.jsonl", 20, "a1\na2\n");
        put("empty.jsonl", 15, "");
        put("c.jsonl", 10, "c1\n");
        List<String> all = shown(drain(0));
        assertThat(all).hasSize(6);
        put("d.jsonl", 40, "d1\n");
        for (int from = 0; from <= 6; from++) {
            List<String> expected = new ArrayList<>(all.subList(from, 6));
            expected.add("6=d1");
            assertThat(shown(drain(from))).as("from %d", from).isEqualTo(expected);
        }
        Files.delete(folder.resolve("b.jsonl"));
        assertThat(shown(drain(4))).containsExactly("4=a2", "5=c1", "6=d1");
        assertThat(heard.errors).isEmpty();
    }

    @Test
    void whatIsGoneIsToldAndPassedOver() throws IOException {
        put("a.jsonl", 30, "a1\na2\n");
        put("b.jsonl", 20, "b1\nb2\nb3\n");
        put("c.jsonl", 10, "c1\n");
        assertThat(drain(0)).hasSize(6);
        Files.delete(folder.resolve("a.jsonl"));
        put("b.jsonl", 20, "b1\n");
        assertThat(shown(drain(1))).containsExactly("->2", "->5", "5=c1", "6=b1");
        assertThat(heard.errors)
                .satisfiesExactly(
                        error -> assertThat(error).startsWith("f: ").contains("a.jsonl is gone"),
                        error -> assertThat(error).contains("b.jsonl is gone"));
    }

    @Test
    void whatCannotBeReadIsOneRecordAndTheNextFileFollows() throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write("g1\n".repeat(3000).getBytes(StandardCharsets.UTF_8));
        }
        put("a.jsonl.gz", 40, Arrays.copyOf(packed.toByteArray(), packed.size() - 12));
        put("b.jsonl.zst", 30, "is no zstd at all");
        put("c.jsonl", 20, "x".repeat(41) + "\nc2\n");
        put("d.txt", 10, "y".repeat(41));
        List<Arrival> all = drain(0);
        List<Arrival.Item> faults = all.stream()
                .map(Arrival.Item.class::cast)
                .filter(item -> item.fault() != null)
                .toList();
        assertThat(faults.stream().map(Arrival.Item::fault))
                .satisfiesExactly(
                        fault -> assertThat(fault).contains("a.jsonl.gz: content is damaged"),
                        fault -> assertThat(fault).contains("b.jsonl.zst: content is damaged"),
                        fault -> assertThat(fault).startsWith("over 40 bytes"),
                        fault -> assertThat(fault).startsWith("over 40 bytes"));
        assertThat(faults.get(2).where()).isEqualTo(folder.resolve("c.jsonl") + ":1");
        assertThat(shown(all).get(all.size() - 2)).endsWith("=c2");
        assertThat(shown(drain(all.size() - 2))).isEqualTo(shown(all).subList(all.size() - 2, all.size()));
    }

    @Test
    void aCatalogueWhoseLastLineWasTornOffIsGoneOnFrom() throws IOException {
        put("a.jsonl", 30, "a1\n");
        assertThat(drain(0)).hasSize(1);
        Path catalogue = directory.resolve("f.files.jsonl");
        Files.writeString(catalogue, Files.readString(catalogue) + "{\"name\":\"b.js");
        put("b.jsonl", 20, "b1\n");
        assertThat(shown(drain(1))).containsExactly("1=b1");
        assertThat(shown(drain(0))).containsExactly("0=a1", "1=b1");
        Files.writeString(catalogue, "{\"file\":3}\n");
        assertThatThrownBy(() -> feed(0)).isInstanceOf(Refused.class).hasMessageContaining("must name a file");
    }

    @Test
    void filesThatAreGoneAndCommittedAreForgotten() throws IOException {
        for (int i = 0; i < 300; i++) {
            put("f" + i + ".jsonl", 1000 - i, "r" + i + "\n");
        }
        drain(0);
        FolderCatalogue catalogue = new FolderCatalogue(directory.resolve("f.files.jsonl"));
        catalogue.forget(290, () -> Set.of("f7.jsonl"));
        assertThat(Files.readAllLines(directory.resolve("f.files.jsonl"))).hasSize(2 * 11);
        FolderCatalogue again = new FolderCatalogue(directory.resolve("f.files.jsonl"));
        assertThat(again.last("", "f7.jsonl")).isPresent();
        assertThat(again.last("", "f289.jsonl")).isEmpty();
        assertThat(again.at(290).file().name()).isEqualTo("f290.jsonl");
        assertThat(again.at(300)).isNull();
    }

    @Test
    void aFolderThatIsNotThereIsRefusedWithEachLook() throws IOException {
        Files.delete(folder);
        try (FolderFeed feed = feed(0)) {
            assertThatThrownBy(feed::poll).isInstanceOf(Refused.class).hasMessageContaining("must be a directory");
        }
    }

    private void append(String name, String text) throws IOException {
        Files.writeString(folder.resolve(name), text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        Files.setLastModifiedTime(folder.resolve(name), FileTime.from(now.minusSeconds(5)));
    }

    /** Time passes without which nothing is looked at again. */
    private void rest(int seconds) {
        now = now.plusSeconds(seconds);
        nanos += Duration.ofSeconds(seconds).toNanos();
    }

    @Test
    void aLineCountsOnceItHasItsEndHoweverLongItsWriterRests() throws IOException {
        try (FolderFeed feed = feed(0)) {
            append("a.jsonl", "{\"text\": \"first\"}\n{\"te");
            assertThat(shown(drain(feed))).containsExactly("0={\"text\": \"first\"}");
            rest(60);
            assertThat(shown(drain(feed))).isEmpty();
            append("a.jsonl", "xt\": 1}\n{\"n\"");
            assertThat(shown(drain(feed))).containsExactly("1={\"text\": 1}");
            rest(60);
            append("a.jsonl", ": 3}");
            assertThat(shown(drain(feed))).as("whole, but young").isEmpty();
            rest(60);
            assertThat(shown(drain(feed))).as("whole, and nothing follows").containsExactly("2={\"n\": 3}");
            append("a.jsonl", "\n{\"n\": 4}\n");
            assertThat(shown(drain(feed))).containsExactly("3={\"n\": 4}");
        }
        assertThat(shown(drain(1)))
                .as("after a restart")
                .containsExactly("1={\"text\": 1}", "2={\"n\": 3}", "3={\"n\": 4}");
        assertThat(heard.errors).allMatch(error -> error.contains("a.jsonl ends with a line that is cut off"));
    }

    @Test
    void aFileIsKnownByWhatItIsAndNotByItsName() throws IOException {
        try (FolderFeed feed = feed(0)) {
            append("today.jsonl", "\"day one\"\n");
            drain(feed);
            append("today.jsonl", "\"more of day one\"\n");
            Files.move(folder.resolve("today.jsonl"), folder.resolve("yesterday.jsonl"));
            append("today.jsonl", "\"day two\"\n");
            assertThat(shown(drain(feed))).containsExactly("1=\"day two\"", "2=\"more of day one\"");
            Files.copy(folder.resolve("today.jsonl"), folder.resolve("copy.tmp"));
            Files.move(folder.resolve("copy.tmp"), folder.resolve("today.jsonl"), StandardCopyOption.REPLACE_EXISTING);
            append("today.jsonl", "\"and\"\n");
            assertThat(shown(drain(feed))).as("written anew with a line more").containsExactly("3=\"and\"");
            put("today.jsonl", 7, "\"other\"\n");
            assertThat(shown(drain(feed))).as("other text in its place").containsExactly("4=\"other\"");
            Files.createLink(folder.resolve("link.jsonl"), folder.resolve("today.jsonl"));
            assertThat(shown(drain(feed))).as("a second name").isEmpty();
        }
        assertThat(heard.errors).isEmpty();
        assertThat(shown(drain(1))).as("after a restart").hasSize(4);
    }

    @Test
    void aFileThatWasCutIsToldAndWhatIsAddedToItIsRead() throws IOException {
        try (FolderFeed feed = feed(0)) {
            append("a.jsonl", "x".repeat(1100).replaceAll("x{10}", "\"abcdefg\"\n") + "\"one\"\n\"two\"\n");
            assertThat(drain(feed)).hasSize(112);
            try (FileChannel file = FileChannel.open(folder.resolve("a.jsonl"), StandardOpenOption.WRITE)) {
                file.truncate(file.size() - 6);
            }
            append("a.jsonl", "");
            drain(feed);
            append("a.jsonl", "\"three\"\n");
            assertThat(shown(drain(feed))).containsExactly("112=\"three\"");
        }
        assertThat(heard.errors).hasSize(1).first().asString().contains("a.jsonl was cut: 6 bytes");
    }

    @Test
    void aTimeInTheFutureKeepsNoFileWaiting() throws IOException {
        put("a.jsonl", -100_000, "a\n");
        try (FolderFeed feed = feed(0)) {
            assertThat(shown(drain(feed))).as("it may still be written").isEmpty();
            rest(3);
            assertThat(shown(drain(feed))).containsExactly("0=a");
        }
    }

    @Test
    void aFileThatCannotBeOpenedKeepsNoOtherWaitingAndIsTriedAgain() throws IOException {
        put("a.jsonl", 40, "a\n".repeat(600));
        put("b.jsonl", 30, "b\n");
        put("c.jsonl", 20, "c\n");
        try (FolderFeed feed = feed(0)) {
            assertThat(feed.poll()).hasSize(512);
            Files.delete(folder.resolve("b.jsonl"));
            Files.createSymbolicLink(folder.resolve("b.jsonl"), folder.resolve("b.jsonl"));
            assertThat(shown(feed.poll())).hasSize(89).endsWith("600=c");
            assertThat(feed.trouble())
                    .startsWith(folder.resolve("b.jsonl") + ": ")
                    .contains("symbolic links");
            Files.delete(folder.resolve("b.jsonl"));
            put("b.jsonl", 30, "b\n");
            assertThat(shown(drain(feed))).containsExactly("601=b");
            assertThat(feed.trouble()).isNull();
        }
    }

    @Test
    void textThatWasChangedAfterItWasReadIsTold() throws IOException {
        put("a.txt", 30, "text");
        try (FolderFeed feed = feed(0)) {
            drain(feed);
            append("a.txt", " and more");
            assertThat(shown(drain(feed))).isEmpty();
        }
        assertThat(heard.errors).hasSize(1).first().asString().contains("a.txt has changed since it was read");
    }

    @Test
    void manyFilesTakeTimeInProportion() throws IOException {
        int files = 3000;
        for (int i = 0; i < files; i++) {
            Files.writeString(folder.resolve("f" + i + ".jsonl"), "\"x\"\n");
        }
        rest(1_000_000_000);
        try (FolderFeed feed = feed(0)) {
            int polls = 0;
            int read = 0;
            while (read < files) {
                read += feed.poll().size();
                polls++;
            }
            assertThat(polls).as("each writes the catalogue once").isLessThan(10);
        }
        assertThat(Files.readAllLines(directory.resolve("f.files.jsonl"))).hasSize(2 * files);
    }
}
