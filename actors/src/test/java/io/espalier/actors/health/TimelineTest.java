package io.espalier.actors.health;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.typesafe.config.ConfigFactory;
import io.espalier.actors.http.HubEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The events of the timeline are numbered through over restarts, told once, and bounded on disk. */
@Timeout(60)
class TimelineTest {
    private static final HealthSettings SETTINGS =
            HealthSettings.of(ConfigFactory.parseString("espalier.health { timeline-mib = 1, events-kept = 100 }"));

    @TempDir
    private Path state;

    private Timeline open() {
        return new Timeline(state, SETTINGS, Clock.systemUTC());
    }

    private static void add(Timeline timeline, String message) {
        timeline.add("job_state", Severity.INFO, message, data -> data.put("job", "a"));
    }

    private static ObjectNode ofRun(long number) {
        return AnswerJson.object().put("seq", number).put("kind", "drift").put("message", "run event " + number);
    }

    @Test
    void numbersGoOnAfterARestartAndAfterAKill() throws IOException {
        try (Timeline timeline = open()) {
            add(timeline, "one");
            add(timeline, "two");
        }
        Files.writeString(state.resolve("timeline.jsonl"), "{\"sequence\":99,\"ki", StandardOpenOption.APPEND);
        try (Timeline timeline = open()) {
            add(timeline, "three");
        }
        try (Timeline timeline = open()) {
            assertThat(timeline.after(0, 10, _ -> true))
                    .extracting(HubEvent::sequence)
                    .containsExactly(1L, 2L, 3L);
            assertThat(timeline.after(2, 10, _ -> true))
                    .singleElement()
                    .satisfies(event ->
                            assertThat(event.data().path("message").asText()).isEqualTo("three"));
        }
    }

    @Test
    void eventsOfARunAreTakenOverOnceThoughTheirLogIsReadAgain() {
        try (Timeline timeline = open()) {
            LongStream.rangeClosed(1, 5).forEach(i -> timeline.addOfRun("a", ofRun(i)));
            LongStream.rangeClosed(1, 5).forEach(i -> timeline.addOfRun("a", ofRun(i)));
        }
        try (Timeline timeline = open()) {
            LongStream.rangeClosed(1, 6).forEach(i -> timeline.addOfRun("a", ofRun(i)));
            timeline.addOfRun("b", ofRun(1));
            assertThat(timeline.after(0, 100, Timeline.of("a"))).hasSize(6);
            assertThat(timeline.after(0, 100, Timeline.of("b"))).hasSize(1);
        }
    }

    @Test
    void twoFilesTakeTurnsAndNeitherNumbersNorRunsAreForgotten() throws IOException {
        long last;
        try (Timeline timeline = open()) {
            timeline.addOfRun("a", ofRun(7));
            String long1k = "x".repeat(1000);
            for (int i = 0; i < 3_000; i++) {
                add(timeline, long1k);
            }
            last = timeline.after(0, 1_000, _ -> true).getLast().sequence();
        }
        assertThat(last).isEqualTo(3_001);
        assertThat(Files.size(state.resolve("timeline.jsonl"))).isLessThan(2L << 20);
        assertThat(Files.size(state.resolve("timeline.jsonl.1"))).isLessThan(2L << 20);
        try (Timeline timeline = open()) {
            timeline.addOfRun("a", ofRun(7));
            assertThat(timeline.after(0, 1_000, _ -> true)).hasSize(SETTINGS.eventsKept());
            add(timeline, "next");
            assertThat(timeline.after(last, 10, _ -> true))
                    .singleElement()
                    .satisfies(event -> assertThat(event.sequence()).isEqualTo(last + 1));
        }
    }

    @Test
    void listenersAreToldInOrderUntilTheyLeave() {
        List<Long> heard = new ArrayList<>();
        try (Timeline timeline = open()) {
            try (var subscription = timeline.subscribe(event -> heard.add(event.sequence()))) {
                assertThat(subscription).isNotNull();
                add(timeline, "one");
                add(timeline, "two");
            }
            add(timeline, "three");
        }
        assertThat(heard).containsExactly(1L, 2L);
    }
}
