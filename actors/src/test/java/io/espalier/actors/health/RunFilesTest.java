package io.espalier.actors.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.typesafe.config.ConfigFactory;
import io.espalier.actors.http.SeriesQuery;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A run's files are read as they grow, once each line, and what is kept of them is bounded. */
@Timeout(60)
class RunFilesTest {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
    private static final HealthSettings SETTINGS = HealthSettings.of(ConfigFactory.empty());

    @TempDir
    private Path directory;

    private final List<ObjectNode> events = new ArrayList<>();
    private RunFixture run;
    private RunFiles files;

    @BeforeEach
    void open() {
        run = new RunFixture(directory);
        files = new RunFiles(directory, SETTINGS, events::add);
    }

    private JsonNode loss(int mostPoints) {
        SeriesQuery query = new SeriesQuery(List.of("loss"), Optional.empty(), Optional.empty(), mostPoints);
        return files.series(query, START).path("series").path("loss");
    }

    @Test
    void aLineIsTakenWhenItIsWholeAndOnce() {
        run.interval(1, 3, START);
        run.append("metrics.jsonl", "{\"time\":\"2026-01-01T00:00:01Z\",\"step\":2,");
        files.poll(START);
        assertThat(loss(100)).hasSize(1);
        run.append("metrics.jsonl", "\"loss\":2.5}\nnot json\n{\"no\":\"time\"}\n");
        files.poll(START);
        files.poll(START);
        assertThat(loss(100)).hasSize(2);
        assertThat(files.last("loss")).isEqualTo(2.5);
    }

    @Test
    void aFileThatWasWrittenAnewIsNotTakenTwice() throws IOException {
        for (int step = 1; step <= 10; step++) {
            run.interval(step, step, START.plusSeconds(step));
        }
        files.poll(START);
        List<String> lines = Files.readAllLines(directory.resolve("metrics.jsonl"));
        Files.write(directory.resolve("kept"), lines.subList(5, 10));
        Files.move(directory.resolve("kept"), directory.resolve("metrics.jsonl"), StandardCopyOption.REPLACE_EXISTING);
        run.interval(11, 11, START.plusSeconds(11));
        files.poll(START);
        assertThat(loss(100)).hasSize(11);
        assertThat(files.last("loss")).isEqualTo(11);
    }

    @Test
    void eventsOfBeforeThisProcessLookedAreShownAndNotCounted() {
        run.event("drift", "before", START);
        files.poll(START);
        run.event("drift", "since", START);
        files.poll(START);
        assertThat(events).hasSize(2);
        assertThat(files.events("drift")).isEqualTo(1);
    }

    @Test
    void aLogOfEventsThatWasCutIsCountedOnceAndALedgerThatWasCutIsReadAnew() throws IOException {
        files.poll(START);
        for (int i = 0; i < 4; i++) {
            run.event("drift", "again", START);
            run.append("ledger.jsonl", "{\"step\":" + i + "}\n");
        }
        files.poll(START);
        for (String name : List.of("events.jsonl", "ledger.jsonl")) {
            List<String> lines = Files.readAllLines(directory.resolve(name));
            Files.write(directory.resolve("kept"), lines.subList(0, 2));
            Files.move(directory.resolve("kept"), directory.resolve(name), StandardCopyOption.REPLACE_EXISTING);
        }
        files.poll(START);
        assertThat(events).hasSize(4);
        assertThat(files.events("drift")).isEqualTo(4);
        assertThat(files.ledgerTotal()).isEqualTo(2);
    }

    @Test
    void aLongRunKeepsItsPeaksInBoundedMemory() {
        Series series = new Series(64);
        for (int i = 0; i < 100_000; i++) {
            series.add(i, i, i == 50_000 ? 1_000 : 1);
        }
        List<Series.Bucket> all = series.between(0, Long.MAX_VALUE, 1_000);
        assertThat(all).hasSizeLessThanOrEqualTo(64);
        assertThat(all).anyMatch(bucket -> bucket.greatest() == 1_000);
        assertThat(all.stream().mapToLong(Series.Bucket::points).sum()).isEqualTo(100_000);
        assertThat(series.between(99_990, Long.MAX_VALUE, 1_000)).hasSize(10);
        assertThat(series.between(0, Long.MAX_VALUE, 8)).hasSizeLessThanOrEqualTo(8);
    }

    @Test
    void curvesBeyondTheMostAreLeftOutAndCounted() {
        StringBuilder line = new StringBuilder("{\"time\":\"2026-01-01T00:00:01Z\",\"step\":1,\"losses\":{");
        for (int i = 0; i < SETTINGS.seriesMost() + 9; i++) {
            line.append(i == 0 ? "" : ",").append("\"part").append(i).append("\":1.0");
        }
        run.append("metrics.jsonl", line + "}}\n");
        files.poll(START);
        JsonNode answer = files.series(new SeriesQuery(List.of(), Optional.empty(), Optional.empty(), 10), START);
        assertThat(answer.path("series")).hasSize(SETTINGS.seriesMost());
        assertThat(answer.path("truncated").asBoolean()).isTrue();
        assertThat(answer.path("total").asInt()).isEqualTo(SETTINGS.seriesMost() + 9);
    }

    @Test
    void eventsLiveStateAndListingsAreSeen() throws IOException {
        run.event("drift", "teacher_loss", START);
        run.live(42, START);
        run.validation(40, 0.5, START);
        run.checkpoint(40);
        Files.createDirectories(directory.resolve("checkpoints/.step-000000050"));
        Path version = Files.createDirectories(directory.resolve("versions/v000001"));
        Files.writeString(version.resolve("espalier-lineage.json"), "{\"step\":40}");
        Files.createSymbolicLink(directory.resolve("published"), Path.of("versions/v000001"));
        files.poll(START);
        assertThat(events)
                .singleElement()
                .satisfies(e -> assertThat(e.path("kind").asText()).isEqualTo("drift"));
        assertThat(files.live().path("step").asLong()).isEqualTo(42);
        assertThat(files.liveAge(START.plusSeconds(9))).isCloseTo(9, within(0.1));
        assertThat(files.heldOutKl()).containsEntry("tales.txt", 0.5);
        assertThat(files.checkpoints()).singleElement().satisfies(c -> {
            assertThat(c.path("step").asLong()).isEqualTo(40);
            assertThat(c.path("epoch").asLong()).isEqualTo(3);
        });
        assertThat(files.versions()).singleElement().satisfies(v -> {
            assertThat(v.path("published").asBoolean()).isTrue();
            assertThat(v.path("lineage").path("step").asLong()).isEqualTo(40);
        });
    }

    @Test
    void ledgerAndDeadLettersAreCutWithTheNumberOfAll() {
        int many = SETTINGS.listingMost() + 25;
        for (int i = 0; i < many; i++) {
            run.append("ledger.jsonl", "{\"step\":" + i + "}\n");
            run.append("dead-letters.jsonl", "{\"reason\":\"r" + i + "\"}\n");
        }
        files.poll(START);
        assertThat(files.ledger()).hasSize(SETTINGS.listingMost());
        assertThat(files.ledgerTotal()).isEqualTo(many);
        assertThat(files.deadLetters().getFirst().path("reason").asText()).isEqualTo("r" + (many - 1));
        assertThat(files.deadLetterTotal()).isEqualTo(many);
    }
}
