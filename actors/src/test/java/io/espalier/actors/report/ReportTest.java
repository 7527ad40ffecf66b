package io.espalier.actors.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.gpu.train.StepReport;
import io.espalier.gpu.train.StepReport.Outcome;
import io.espalier.proto.state.TrainingState;
import io.espalier.proto.tensorboard.Event;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The files that a run writes can be read: by people, by scripts, by TensorBoard. */
class ReportTest {
    @TempDir
    Path directory;

    @Test
    void aTableAlignsNumbersRightAndTextLeft() {
        Table table = new Table("model", "loss", "note").row("a", "10.5", "x").row("long name", "2", "yy");
        assertThat(table.toText()).isEqualTo("""
            model      loss  note
            a          10.5  x
            long name     2  yy\
            """);
        assertThat(table.toMarkdown().lines().toList().get(1)).isEqualTo("|-----------|-----:|------|");
    }

    private static Interval interval(long step) {
        return new Interval(step, 5, 8 * step, Map.of("ce", 1.0), 0, 1, 1e-3, 100, step, 5 - step, null);
    }

    @Test
    void whatAProcessTellsThatIsNotTheRunsAnyMoreIsReadByNobody() throws IOException {
        Path file = directory.resolve("metrics.jsonl");
        try (MetricsLog before = new MetricsLog(file, 0)) {
            before.write(interval(1));
            before.write(interval(2));
            try (MetricsLog now = new MetricsLog(file, 1)) {
                before.write(interval(3));
                now.write(interval(2));
            }
            before.write(interval(4));
        }
        List<Long> steps = new ArrayList<>();
        for (String line : Files.readAllLines(file)) {
            steps.add(new ObjectMapper().readTree(line).get("step").asLong());
        }
        assertThat(steps).containsExactly(1L, 2L);
    }

    private static StepReport report(long sequence, long step, Outcome outcome, double loss) {
        return new StepReport(
                sequence,
                step,
                outcome,
                List.of(0.75 * loss, 0.25 * loss),
                0.5,
                1e-3,
                8,
                StepReport.Observed.NONE,
                List.of());
    }

    @Test
    void metricsHaveOneLineAnIntervalWithTheMeanLoss() throws IOException {
        try (RunLog log = new RunLog(
                "test",
                directory,
                5,
                2,
                List.of("forward-kl", "ce"),
                TrainingState.getDefaultInstance(),
                () -> null,
                () -> 0)) {
            for (int step = 1; step <= 4; step++) {
                log.accept(report(2L * step, step - 1, Outcome.ACCUMULATED, 0));
                log.accept(report(2L * step + 1, step, Outcome.STEPPED, step));
            }
            log.accept(report(10, 5, Outcome.SKIPPED, Double.NaN));
            assertThat(log.lastLoss()).isEqualTo(3.5);
            assertThat(log.tokens()).isEqualTo(72);
        }
        List<String> lines = Files.readAllLines(directory.resolve("metrics.jsonl"));
        assertThat(lines).hasSize(3);
        assertThat(new ObjectMapper().readTree(lines.getLast()).get("skipped").asInt())
                .isEqualTo(1);
        JsonNode first = new ObjectMapper().readTree(lines.getFirst());
        assertThat(first.get("step").asLong()).isEqualTo(2);
        assertThat(first.get("loss").asDouble()).isEqualTo(1.5);
        assertThat(first.at("/losses/ce").asDouble()).isEqualTo(0.375);
        assertThat(first.get("tokens").asLong()).isEqualTo(32);
        assertThat(first.fieldNames())
                .toIterable()
                .containsExactly(
                        "time",
                        "step",
                        "tokens",
                        "loss",
                        "losses",
                        "skipped",
                        "grad_norm",
                        "learning_rate",
                        "tokens_per_s",
                        "elapsed_s");
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files.map(f -> f.getFileName().toString()))
                    .anyMatch(name -> name.startsWith("events.out.tfevents."));
        }
    }

    private static List<Event> events(Path file) throws IOException {
        List<Event> read = new ArrayList<>();
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        while (bytes.hasRemaining()) {
            byte[] length = new byte[8];
            bytes.get(length);
            assertThat(bytes.getInt()).isEqualTo(EventFile.maskedCrc(length));
            byte[] payload = new byte
                    [Math.toIntExact(ByteBuffer.wrap(length)
                            .order(ByteOrder.LITTLE_ENDIAN)
                            .getLong())];
            bytes.get(payload);
            assertThat(bytes.getInt()).isEqualTo(EventFile.maskedCrc(payload));
            read.add(Event.parseFrom(payload));
        }
        return read;
    }

    private List<Long> stepsOfAllEvents() throws IOException {
        List<Long> steps = new ArrayList<>();
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.sorted().toList()) {
                events(file).stream()
                        .filter(Event::hasSummary)
                        .map(Event::getStep)
                        .forEach(steps::add);
            }
        }
        return steps;
    }

    @Test
    void eachStepIsOnceInTensorBoardThoughARunWasKilledAndResumed() throws IOException {
        Path first;
        try (EventFile events = new EventFile(directory, 1000, 0)) {
            for (long step = 1; step <= 8; step++) {
                events.write(1000.0 + step, step, Map.of("train/loss", 1.0));
            }
            first = events.file();
        }
        Files.write(first, new byte[] {9, 0, 0, 0, 0, 0}, StandardOpenOption.APPEND);
        try (EventFile events = new EventFile(directory, 1000, 5)) {
            events.write(1020, 6, Map.of("train/loss", 1.0));
        }
        try (EventFile events = new EventFile(directory, 1001, 6)) {
            events.write(1030, 7, Map.of("train/loss", 1.0));
        }
        assertThat(stepsOfAllEvents()).containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L);
        try (EventFile events = new EventFile(directory, 1002, 0)) {
            events.write(1040, 1, Map.of("train/loss", 1.0));
        }
        assertThat(stepsOfAllEvents()).as("begun anew").containsExactly(1L);
    }

    @Test
    void whatIsDoneBetweenStepsDoesNotSlowThemDown() throws InterruptedException {
        AtomicLong besides = new AtomicLong();
        IntervalTally tally = new IntervalTally(List.of("a", "b"), TrainingState.getDefaultInstance(), besides::get);
        tally.add(report(1, 1, Outcome.STEPPED, 1));
        long start = System.nanoTime();
        Thread.sleep(300);
        besides.addAndGet(System.nanoTime() - start);
        assertThat(tally.end(report(1, 1, Outcome.STEPPED, 1), 5, null).tokensPerSecond())
                .as("of 8 tokens, with a validation of 0.3 s")
                .isGreaterThan(8 / 0.2);
    }

    @Test
    void aBarOfAResumedRunKnowsWhatIsLeft() {
        try (Progress progress = new Progress("steps", 100, 60)) {
            assertThat(progress.secondsLeft(70, 20)).isEqualTo(60);
            assertThat(progress.secondsLeft(60, 3)).isZero();
        }
    }

    @Test
    void eventsAreFramedAsTensorBoardReadsThem() throws IOException {
        Path file;
        try (EventFile events = new EventFile(directory, 1000, 0)) {
            events.write(1001.5, 7, Map.of("train/loss", 2.5));
            file = events.file();
        }
        List<Event> read = events(file);
        assertThat(read.get(0).getFileVersion()).isEqualTo("brain.Event:2");
        assertThat(read.get(1).getStep()).isEqualTo(7);
        assertThat(read.get(1).getSummary().getValue(0).getSimpleValue()).isEqualTo(2.5f);
    }

    @Test
    void theMaskedChecksumIsTheKnownOne() {
        // CRC-32C of "123456789" is 0xe3069283; rotated right by 15 and offset by the format's constant.
        assertThat(EventFile.maskedCrc("123456789".getBytes(java.nio.charset.StandardCharsets.US_ASCII)))
                .isEqualTo(Integer.rotateRight(0xe3069283, 15) + 0xa282ead8);
    }

    @Test
    void chartsAreDrawnWithoutAScreen() throws IOException {
        Path bars = directory.resolve("bars.png");
        Chart.bars(bars, "title", "y", List.of("a", "b"), Map.of("one", List.of(1.0, 2.0)));
        Path lines = directory.resolve("lines.png");
        Chart.lines(lines, "title", "x", "y", List.of(new Chart.Line("l", List.of(1, 2, 3), List.of(1.0, 0.5, 0.2))));
        for (Path png : List.of(bars, lines)) {
            assertThat(javax.imageio.ImageIO.read(png.toFile()).getWidth()).isGreaterThan(800);
        }
    }

    @Test
    void durationsReadAsPeopleSayThem() {
        assertThat(Interval.duration(42.4)).isEqualTo("42s");
        assertThat(Interval.duration(185)).isEqualTo("3m05s");
        assertThat(Interval.duration(7800)).isEqualTo("2h10m");
    }
}
