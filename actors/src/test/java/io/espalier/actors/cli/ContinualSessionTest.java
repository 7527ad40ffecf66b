package io.espalier.actors.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.actors.continual.EventKind;
import io.espalier.actors.protocol.CoordinatorProtocol.Outcome;
import io.espalier.actors.protocol.JobOrder;
import io.espalier.actors.quickstart.TinyWorld;
import io.espalier.actors.report.JsonLines;
import io.espalier.gpu.checkpoint.ModelDirectory;
import io.espalier.gpu.checkpoint.Sha256;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A run on live text watches itself, publishes what is better, goes back from what is worse, and does as it is told. */
@Timeout(180)
@Tag("full")
class ContinualSessionTest {
    @TempDir
    static Path directory;

    private static TinyWorld world;

    @BeforeAll
    static void build() {
        world = TinyWorld.create(directory.resolve("world"));
    }

    /** Text of the first domain for so many records, then made-up words, which the teacher has never seen. */
    private static String live(long first, String more) {
        return """
            sources { demo {
                kind = generated
                domains = [{ name = tales, files = ["%s"] }, { name = babble, words = 60 }]
                schedule = [{ domain = tales, records = %d }, { domain = babble }]
            } }
            %s\
            """.formatted(world.text().getFirst(), first, more);
    }

    private static ContinualRig start(String live, Path out, String... more) {
        return ContinualRig.start(ContinualRig.arguments(world, live, out, more), out);
    }

    private static List<JsonNode> metrics(Path out) {
        return JsonLines.read(out.resolve("metrics.jsonl"));
    }

    @Test
    void aChangeOfTheTextIsDriftAndAStudentThatGetsBetterIsPublished() throws IOException {
        Path out = directory.resolve("drift");
        try (ContinualRig rig = start(live(150, ""), out, "--checkpoint-every", "20", "--validate-every", "10")) {
            JsonNode drift = rig.await(
                    EventKind.DRIFT, event -> event.path("signal").asText().equals("teacher_loss"));
            assertThat(drift.path("cause").asText()).isEqualTo("input");
            rig.await(EventKind.PUBLISHED);
            JsonNode status =
                    new ObjectMapper().readTree(out.resolve("live.json").toFile());
            assertThat(status.path("state").asText()).isIn("running", "waiting");
            assertThat(status.at("/sources/0/name").asText()).isEqualTo("demo");
            assertThat(status.at("/sources/0/partitions/0/next").asLong()).isPositive();
            assertThat(status.path("stages")).hasSize(3);
        }
        Path published = out.resolve("published");
        JsonNode lineage = new ObjectMapper()
                .readTree(published.resolve("espalier-lineage.json").toFile());
        try (ModelDirectory model = ModelDirectory.open(published)) {
            assertThat(model.config().parameters()).isPositive();
        }
        assertThat(published.resolve("README.md"))
                .content()
                .contains("was trained for " + lineage.path("step").asLong() + " steps", "model-index")
                .containsPattern("text +\\| live +\\|");
        assertThat(lineage.at("/teacher/digest").asText()).isEqualTo(ModelDirectory.digestOf(world.teacher()));
        assertThat(lineage.at("/ranges/0/from").asLong()).isZero();
        assertThat(lineage.at("/scores")).hasSize(3);
        JsonNode interval = metrics(out).stream()
                .filter(line -> line.has("student_kl"))
                .findFirst()
                .orElseThrow();
        assertThat(interval.path("student_kl").asDouble()).isPositive();
        assertThat(interval.path("teacher_loss").asDouble()).isPositive();
        assertThat(interval.path("data_wait_s").asDouble()).isNotNegative();
        assertThat(new ObjectMapper()
                        .readTree(out.resolve("live.json").toFile())
                        .path("state")
                        .asText())
                .isEqualTo("parked");
    }

    @Test
    void aRunThatWasParkedEndsAsTheOneThatWasNot() throws IOException {
        Path whole = directory.resolve("whole");
        Path parked = directory.resolve("parked");
        String live = live(60, "");
        String[] options = {"--checkpoint-every", "8", "--keep-checkpoints", "9", "--max-steps"};
        assertThat(finish(live, whole, with(options, "24"))).isInstanceOf(Outcome.Completed.class);
        assertThat(finish(live, parked, with(options, "11"))).isInstanceOf(Outcome.Completed.class);
        try (ContinualRig rig = start(live, parked, with(options, "24"))) {
            rig.outcome();
        }
        for (String file : List.of("weights.safetensors", "optimizer.safetensors")) {
            String place = "checkpoints/step-000000024/" + file;
            assertThat(Sha256.ofFile(parked.resolve(place))).isEqualTo(Sha256.ofFile(whole.resolve(place)));
        }
        var wholeLedger = io.espalier.actors.continual.JobLedger.read(whole);
        var parkedLedger = io.espalier.actors.continual.JobLedger.read(parked);
        assertThat(wholeLedger.faults()).isEmpty();
        assertThat(parkedLedger.faults()).isEmpty();
        assertThat(parkedLedger.entries()).extracting(entry -> entry.step()).containsExactly(8L, 11L, 16L, 24L);
        assertThat(parkedLedger.lineage(24)).isEqualTo(wholeLedger.lineage(24));
        assertThat(ContinualRig.events(parked))
                .extracting(event -> event.path("seq").asLong())
                .isSorted()
                .doesNotHaveDuplicates();
    }

    private static Outcome finish(String live, Path out, String... more) {
        try (ContinualRig rig = start(live, out, more)) {
            return rig.outcome();
        }
    }

    private static String[] with(String[] options, String last) {
        List<String> all = new ArrayList<>(List.of(options));
        all.add(last);
        return all.toArray(String[]::new);
    }

    @Test
    void goingBackByOrderRestoresTheHeldOutKl() {
        Path out = directory.resolve("back");
        try (ContinualRig rig = start(live(1_000_000, ""), out, "--checkpoint-every", "10", "--validate-every", "10")) {
            JsonNode published = rig.await(EventKind.PUBLISHED);
            long from = published.path("step").asLong();
            rig.await(EventKind.CHECKPOINT, event -> event.path("step").asLong() > from);
            String version = published.path("version").asText();
            rig.run().order(new JobOrder.Rollback("back-1", version));
            long back = rig.awaitOperation("back-1").path("step").asLong();
            assertThat(rig.heldOut(back))
                    .isCloseTo(rig.heldOut(published.path("step").asLong()), within(1e-9));
            assertThat(rig.events(EventKind.ROLLED_BACK))
                    .last()
                    .satisfies(
                            event -> assertThat(event.path("version").asText()).isEqualTo(version));
            assertThat(rig.ledger().faults()).isEmpty();
            assertThat(rig.ledger().entries().stream().filter(entry -> entry.step() == back))
                    .singleElement()
                    .satisfies(entry -> assertThat(entry.restored())
                            .hasValue(published.path("step").asLong()));
        }
    }

    @Test
    void aStudentThatCollapsesTakesThePublishedWeightsAgain() {
        Path out = directory.resolve("collapsed");
        try (ContinualRig rig = start(
                live(1_000_000, ""), out, "--checkpoint-every", "10", "--validate-every", "5", "--clip", "1000")) {
            rig.await(EventKind.PUBLISHED);
            rig.run().order(new JobOrder.Tune("wild", OptionalDouble.of(0.5), OptionalDouble.empty()));
            JsonNode back = rig.await(EventKind.ROLLED_BACK);
            rig.run().order(new JobOrder.Tune("calm", OptionalDouble.of(1e-3), OptionalDouble.empty()));
            rig.awaitOperation("calm");
            assertThat(rig.events(EventKind.COLLAPSE)).isNotEmpty();
            long published = back.path("restored_step").asLong();
            assertThat(rig.heldOut(back.path("step").asLong())).isCloseTo(rig.heldOut(published), within(1e-9));
        }
    }

    @Test
    void tooManyRecordsThatNothingCanBeLearntFromHoldTheRunUntilSomebodyLooks() throws IOException {
        Path out = directory.resolve("dead");
        Path folder = Files.createDirectories(directory.resolve("folder"));
        List<String> lines = new ArrayList<>(Files.readAllLines(world.text().getFirst()));
        for (int i = 0; i < 30; i++) {
            lines.add("{\"text\": torn");
        }
        Files.write(folder.resolve("records.jsonl"), lines);
        String live = """
            { sources { inbox { kind = folder, directory = "%s", settle = 0 s } }
              dead-letters { window = 20, max-share = 0.3 } }\
            """.formatted(folder);
        try (ContinualRig rig = start(live, out)) {
            assertThat(rig.await(EventKind.PAUSED_BY_DEAD_LETTERS)
                            .path("severity")
                            .asText())
                    .isEqualTo("error");
            JsonNode status =
                    rig.awaitStatus(json -> json.path("state").asText().equals("paused"));
            assertThat(status.path("dead_letters").asLong()).isPositive();
            assertThat(rig.park()).isInstanceOf(Outcome.Parked.class);
        }
        assertThat(JsonLines.read(out.resolve("dead-letters.jsonl"))).isNotEmpty();
        assertThat(io.espalier.actors.continual.JobLedger.read(out).faults()).isEmpty();
    }

    @Test
    void ordersAreCarriedOutOnceAndTold() {
        Path out = directory.resolve("ordered");
        try (ContinualRig rig = start(live(1_000_000, ""), out, "--checkpoint-every", "1000")) {
            rig.await(EventKind.STARTED);
            rig.run().order(new JobOrder.Checkpoint("now"));
            rig.run().order(new JobOrder.Checkpoint("now"));
            long step = rig.awaitOperation("now").path("step").asLong();
            assertThat(rig.ledger().entries()).extracting(entry -> entry.step()).contains(step);
            rig.run().order(new JobOrder.Tune("slower", OptionalDouble.of(1.25e-4), OptionalDouble.empty()));
            long tuned = rig.awaitOperation("slower").path("step").asLong();
            rig.run().order(new JobOrder.Tune("more", OptionalDouble.empty(), OptionalDouble.of(0.5)));
            JsonNode refused = rig.await(
                    EventKind.ORDER_FAILED,
                    event -> event.path("operation").asText().equals("more"));
            assertThat(refused.path("message").asText()).contains("anchors");
            rig.run().order(new JobOrder.Rollback("nowhere", "v000042"));
            rig.await(
                    EventKind.ORDER_FAILED,
                    event -> event.path("operation").asText().equals("nowhere"));
            rig.run().order(new JobOrder.Checkpoint("later"));
            rig.awaitOperation("later");
            assertThat(rig.events(EventKind.ORDER_DONE)).hasSize(3);
            assertThat(metrics(out).stream().filter(line -> line.path("step").asLong() > tuned + 5))
                    .filteredOn(line -> line.has("learning_rate"))
                    .allMatch(line -> line.path("learning_rate").asDouble() == 1.25e-4);
        }
        try (ContinualRig again = start(live(1_000_000, ""), out, "--checkpoint-every", "1000")) {
            again.run().order(new JobOrder.Checkpoint("now"));
            again.run().order(new JobOrder.Checkpoint("again"));
            again.awaitOperation("again");
            assertThat(again.events(EventKind.ORDER_DONE))
                    .as("an earlier process has done the first")
                    .hasSize(4);
            List<JsonNode> lines = metrics(out);
            assertThat(lines.reversed().stream()
                            .filter(line -> line.has("learning_rate"))
                            .findFirst())
                    .hasValueSatisfying(line ->
                            assertThat(line.path("learning_rate").asDouble()).isEqualTo(1.25e-4));
        }
    }

    @Test
    void theTeacherIsExchangedAtACheckpointAndStaysSo() {
        Path out = directory.resolve("swapped");
        Path other = world.student();
        String digest = ModelDirectory.digestOf(other);
        try (ContinualRig rig = start(live(1_000_000, ""), out, "--checkpoint-every", "10")) {
            rig.await(EventKind.PUBLISHED);
            rig.run().order(new JobOrder.SwapTeacher("wrong", other, "0".repeat(64)));
            rig.await(
                    EventKind.ORDER_FAILED,
                    event -> event.path("operation").asText().equals("wrong"));
            rig.run().order(new JobOrder.SwapTeacher("right", other, digest));
            long step = rig.awaitOperation("right").path("step").asLong();
            assertThat(rig.await(EventKind.TEACHER_SWAPPED).path("digest").asText())
                    .isEqualTo(digest);
            assertThat(rig.ledger().entries()).extracting(entry -> entry.step()).contains(step);
            rig.await(EventKind.CHECKPOINT, event -> event.path("step").asLong() >= step + 20);
        }
        try (ContinualRig again = start(live(1_000_000, ""), out, "--checkpoint-every", "10")) {
            JsonNode kept = again.await(
                    EventKind.CHECKPOINT,
                    event -> event.path("seq").asLong()
                            > again.events(EventKind.STARTED)
                                    .getLast()
                                    .path("seq")
                                    .asLong());
            assertThat(Files.exists(out.resolve("published"))).isTrue();
            assertThat(again.ledger().faults()).isEmpty();
            assertThat(kept.path("step").asLong()).isPositive();
        }
    }

    @Test
    void goingBackUnderAnotherTeacherComparesWithWhatThatOneSaysOfTheVersion() throws IOException {
        Path out = directory.resolve("back-under-another");
        Path start = out.resolve("states/v000000.json");
        try (ContinualRig rig = start(live(1_000_000, "gates.keep = 1000"), out, "--checkpoint-every", "10")) {
            rig.await(EventKind.PUBLISHED);
            assertThat(judged(start)).allMatch(kl -> kl > 1e-3);
            rig.run().order(new JobOrder.SwapTeacher("swap", world.student(), ""));
            rig.awaitOperation("swap");
            rig.run().order(new JobOrder.Rollback("back", "v000000"));
            long back = rig.awaitOperation("back").path("step").asLong();
            assertThat(rig.heldOut(back)).as("to itself").isCloseTo(0, within(1e-6));
            assertThat(judged(start)).as("so that no candidate can be better").allMatch(kl -> kl < 1e-6);
        }
    }

    private static List<Double> judged(Path file) throws IOException {
        List<Double> rows = new ArrayList<>();
        new ObjectMapper()
                .readTree(file.toFile())
                .path("kl")
                .forEach(domain -> domain.forEach(row -> rows.add(row.asDouble())));
        assertThat(rows).isNotEmpty();
        return rows;
    }
}
