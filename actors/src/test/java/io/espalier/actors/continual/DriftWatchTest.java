package io.espalier.actors.continual;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.actors.report.JsonLines;
import io.espalier.streams.drift.Adwin;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Other text is told from a student that does not keep up with the same text, and learning from both. */
class DriftWatchTest {
    @TempDir
    Path run;

    private final Random random = new Random(11);
    private long step;

    private List<JsonNode> events(java.util.function.Consumer<DriftWatch> stream) {
        try (EventLog events = new EventLog(run, _ -> {})) {
            stream.accept(new DriftWatch(new DriftSettings(() -> new Adwin(0.002, 2), 25), events));
        }
        return JsonLines.read(run.resolve(EventLog.FILE));
    }

    private void feed(DriftWatch watch, int steps, double loss, double kl) {
        for (int i = 0; i < steps; i++) {
            watch.accept(++step, loss + 0.05 * random.nextGaussian(), kl * Math.exp(0.15 * random.nextGaussian()));
        }
    }

    @Test
    void otherTextThatTheStudentDoesNotKnowIsOneChangeOfBoth() {
        List<JsonNode> events = events(watch -> {
            feed(watch, 200, 1, 0.2);
            feed(watch, 100, 2, 1.2);
            assertThat(watch.teacherLoss().alarms()).isEqualTo(1);
            assertThat(watch.studentKl().alarms()).isEqualTo(1);
        });
        assertThat(events)
                .hasSize(2)
                .allMatch(event -> event.path("cause").asText().equals("input"));
        assertThat(events)
                .extracting(event -> event.path("signal").asText())
                .containsExactlyInAnyOrder("teacher_loss", "student_kl");
        assertThat(events)
                .allMatch(event ->
                        event.path("step").asLong() > 200 && event.path("step").asLong() < 260);
    }

    @Test
    void aStudentThatFallsBehindOnTheSameTextIsToldAsThat() {
        List<JsonNode> events = events(watch -> {
            feed(watch, 200, 1, 0.2);
            feed(watch, 100, 1, 1.2);
        });
        assertThat(events).singleElement().satisfies(event -> {
            assertThat(event.path("signal").asText()).isEqualTo("student_kl");
            assertThat(event.path("cause").asText()).isEqualTo("student");
            assertThat(event.path("before").asDouble())
                    .isLessThan(event.path("after").asDouble());
        });
    }

    @Test
    void learningIsNoDriftAndWhatIsNoNumberIsLeftOut() {
        assertThat(events(watch -> {
                    for (int i = 0; i < 300; i++) {
                        feed(watch, 1, 1, 2 * Math.exp(-i / 60.0));
                    }
                    watch.accept(++step, Double.NaN, Double.NaN);
                    assertThat(watch.studentKl().mean()).isLessThan(0.3);
                }))
                .isEmpty();
    }
}
