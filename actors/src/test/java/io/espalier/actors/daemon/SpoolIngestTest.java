package io.espalier.actors.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.espalier.actors.health.Troubles;
import io.espalier.actors.http.Ingest.Item;
import io.espalier.actors.http.Ingest.Outcome;
import io.espalier.gpu.disk.FullDisk;
import io.espalier.streams.live.SpoolSettings;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A source whose spool is in trouble refuses what is posted, says why, and takes it again without a restart. */
@Timeout(60)
class SpoolIngestTest {
    private static final Duration LATER = Duration.ofSeconds(5);
    private static final SpoolSettings SETTINGS =
            new SpoolSettings(1024, 1 << 20, Duration.ofHours(1), 50, 2000, LATER);

    @TempDir
    Path root;

    private final Troubles troubles = new Troubles();
    private SpoolIngest ingest;

    @BeforeEach
    void open() {
        ingest = new SpoolIngest(root, SETTINGS, InstantSource.system(), troubles);
    }

    @AfterEach
    void close() {
        ingest.close();
    }

    private Outcome post(String source, String key) {
        Item item =
                new Item(Optional.of(key), JsonNodeFactory.instance.objectNode().put("text", "a text"));
        return ingest.append(source, List.of(item)).toCompletableFuture().join();
    }

    @Test
    void aFullDiskRefusesPostsAndThenTakesThemAgainWithoutARestart() {
        ingest.serve(List.of("full", "other"));
        assertThat(post("full", "a")).isEqualTo(new Outcome.Stored(1, 0));
        try (FullDisk _ = FullDisk.below(root.resolve("full"))) {
            for (int i = 0; i < 3; i++) {
                assertThat(post("full", "b")).isInstanceOf(Outcome.Unwell.class);
            }
            ingest.serve(List.of("full", "other"));
            assertThat(troubles.of("source full"))
                    .isEqualTo("takes no records: " + root.resolve("full") + ": no space left on the disk");
            assertThat(post("other", "a"))
                    .as("another source has nothing to do with it")
                    .isEqualTo(stored());
        }
        assertThat(post("full", "b")).isEqualTo(stored());
        assertThat(post("full", "a")).as("what was acknowledged is there").isEqualTo(new Outcome.Stored(0, 1));
        assertThat(troubles.all()).isEmpty();
    }

    private static Outcome stored() {
        return new Outcome.Stored(1, 0);
    }

    @Test
    void aDiskThatFailedToForceIsTriedAgainWhenTheSourcesAreToldAnew() {
        ingest.serve(List.of("s"));
        try (FullDisk _ = FullDisk.below(root.resolve("s").resolve("forced"))) {
            assertThat(post("s", "a")).isInstanceOf(Outcome.Unwell.class);
            assertThat(post("s", "a")).isInstanceOf(Outcome.Unwell.class);
        }
        ingest.serve(List.of("s"));
        assertThat(post("s", "a")).isEqualTo(stored());
        assertThat(troubles.all()).isEmpty();
    }

    @Test
    void aSpoolThatCannotBeOpenedIsThatSourcesTroubleAloneUntilItCan() throws IOException {
        Files.writeString(root.resolve("blocked"), "a file where the directory should be");
        ingest.serve(List.of("blocked", "other"));
        assertThat(post("other", "a")).isEqualTo(stored());
        assertThat(post("blocked", "a")).isInstanceOfSatisfying(Outcome.Unwell.class, unwell -> {
            assertThat(unwell.why()).startsWith("takes no records: ");
            assertThat(unwell.retryAfter()).isEqualTo(LATER);
        });
        assertThat(troubles.all()).containsOnlyKeys("source blocked");
        Files.delete(root.resolve("blocked"));
        ingest.serve(List.of("blocked", "other"));
        assertThat(post("blocked", "a")).isEqualTo(stored());
        assertThat(troubles.all()).isEmpty();
    }

    @Test
    void aSpoolThatAnotherWritesIsTakenOverWhenItIsFree() throws IOException {
        Path directory = Files.createDirectories(root.resolve("s"));
        try (FileChannel channel = FileChannel.open(
                        directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock _ = channel.lock()) {
            ingest.expect(List.of("s"));
            assertThat(post("s", "a"))
                    .isInstanceOfSatisfying(
                            Outcome.Unwell.class,
                            unwell -> assertThat(unwell.why()).endsWith("another process writes this spool"));
        }
        ingest.serve(List.of("s"));
        assertThat(post("s", "a")).isEqualTo(stored());
    }

    @Test
    void aSourceThatNoJobHasIsNotFoundAsBefore() {
        ingest.serve(List.of("s"));
        assertThatThrownBy(() -> post("t", "a")).hasMessageContaining("no job has a source t");
        assertThat(troubles.all()).isEmpty();
    }
}
