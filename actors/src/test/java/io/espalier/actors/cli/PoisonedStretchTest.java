package io.espalier.actors.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.actors.continual.EventKind;
import io.espalier.actors.continual.JobLedger;
import io.espalier.actors.protocol.CoordinatorProtocol.Outcome;
import io.espalier.actors.protocol.JobOrder;
import io.espalier.actors.quickstart.TinyWorld;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A stretch of the stream whose words are shuffled ruins the student, is never published, and is undone by going back, as
 * ordered or by itself. Half of what the student learns from is the text's own next word: of a teacher's answers to
 * shuffled text alone it forgets too little for a test that must hold on any machine.
 */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
@Tag("full")
class PoisonedStretchTest {
    /** Records before the poisoned ones: some 150 steps, in which the KL about halves. */
    private static final long CLEAN = 260;

    private static final long FOR_EVER = 1_000_000;
    private static final String EVERY = "20";
    /** The settings under which nothing but the gate stands against the poison. */
    private static final String NO_COLLAPSE = "gates { collapse-factor = 1000, collapse-above = 1000 }";

    @TempDir
    static Path directory;

    private static TinyWorld world;

    @BeforeAll
    static void build() {
        world = TinyWorld.taught(directory.resolve("world"));
    }

    /** The records of {@code [from, to)} have their words shuffled. */
    private static String live(long from, long to, String gates) {
        return """
            { sources { demo {
                kind = generated
                domains = [{ name = tales, files = ["%s"] }]
                poison { from = %d, to = %d }
            } }
            %s }\
            """.formatted(world.text().getFirst(), from, to, gates);
    }

    private static ContinualRig start(String live, Path out, long steps) {
        String[] more = {
            "--loss", "forward-kl=0.5,ce=0.5",
            "--learning-rate", "1e-3",
            "--seq-length", "64",
            "--validate-samples", "48",
            "--checkpoint-every", EVERY,
            "--validate-every", EVERY,
            "--max-steps", "" + steps
        };
        return ContinualRig.start(ContinualRig.arguments(world, live, out, more), out);
    }

    @Test
    void candidatesOfThePoisonedStretchAreKeptBackAndGoingBackByOrderRestoresTheHeldOutKl() throws IOException {
        Path out = directory.resolve("ordered");
        JsonNode published;
        try (ContinualRig rig = start(live(CLEAN, FOR_EVER, NO_COLLAPSE), out, 240)) {
            assertThat(rig.outcome()).isInstanceOf(Outcome.Completed.class);
            published = rig.events(EventKind.PUBLISHED).getLast();
            requireKeptBack(rig, published);
            assertThat(current(out)).isEqualTo(version(published));
        }
        long good = step(published);
        // The poison ends, and the order comes before the first clean batch.
        try (ContinualRig rig = start(live(0, 0, NO_COLLAPSE), out, 340)) {
            rig.run().order(new JobOrder.Rollback("back", version(published)));
            assertThat(rig.outcome()).isInstanceOf(Outcome.Completed.class);
            long back = step(rig.awaitOperation("back"));
            assertThat(rig.events(EventKind.ROLLED_BACK))
                    .singleElement()
                    .satisfies(event ->
                            assertThat(event.path("restored_step").asLong()).isEqualTo(good));
            assertThat(rig.heldOut(back)).isCloseTo(rig.heldOut(good), within(1e-6));
            requireBetterThan(good, back, rig);
            assertThat(current(out))
                    .isEqualTo(version(rig.events(EventKind.PUBLISHED).getLast()));
        }
    }

    private static void requireKeptBack(ContinualRig rig, JsonNode published) {
        List<Long> poisoned = poisoned(rig);
        List<JsonNode> kept = rig.events(EventKind.CANDIDATE_KEPT).stream()
                .filter(event -> poisoned.contains(step(event)))
                .toList();
        assertThat(kept)
                .extracting(PoisonedStretchTest::step)
                .isEqualTo(poisoned)
                .hasSizeGreaterThan(2);
        assertThat(kept).allSatisfy(event -> {
            assertThat(event.path("message").asText())
                    .startsWith(version(published) + " stays: the KL on")
                    .contains("tales-heldout.jsonl");
            assertThat(event.path("low").asDouble())
                    .isGreaterThan(event.path("allowed").asDouble());
            assertThat(rig.heldOut(step(event))).isGreaterThan(2 * rig.heldOut(step(published)));
        });
    }

    /** Steps of the checkpoints whose batches since the one before were all of shuffled words. */
    private static List<Long> poisoned(ContinualRig rig) {
        return rig.ledger().entries().stream()
                .filter(entry -> entry.ranges().stream().allMatch(range -> range.from() >= CLEAN))
                .map(JobLedger.Entry::step)
                .toList();
    }

    /**
     * Requires that the version published after going back is better than the one that was gone back to, and has learnt
     * nothing of the records that were undone.
     */
    private static void requireBetterThan(long good, long back, ContinualRig rig) {
        long better = step(rig.events(EventKind.PUBLISHED).getLast());
        assertThat(better).isGreaterThan(back);
        assertThat(rig.heldOut(better)).isLessThan(rig.heldOut(good));
        JobLedger ledger = rig.ledger();
        assertThat(ledger.faults()).isEmpty();
        assertThat(ledger.lineage(better))
                .noneMatch(range -> range.from() < end(ledger, back) && range.to() > end(ledger, good));
    }

    /** The number behind the last record that had been taken at a checkpoint. */
    private static long end(JobLedger ledger, long step) {
        return ledger.entries().stream()
                .filter(entry -> entry.step() == step)
                .findFirst()
                .orElseThrow()
                .ranges()
                .getLast()
                .to();
    }

    @Test
    void aStudentThatThePoisonHasRuinedGoesBackByItselfAndIsPublishedAgain() {
        Path out = directory.resolve("alone");
        // 60 records are 36 steps: the student is judged once or twice after nothing but poison.
        try (ContinualRig rig = start(live(CLEAN, CLEAN + 60, ""), out, 340)) {
            assertThat(rig.outcome()).isInstanceOf(Outcome.Completed.class);
            long collapsed = step(rig.events(EventKind.COLLAPSE).getLast());
            long good = rig.events(EventKind.ROLLED_BACK)
                    .getLast()
                    .path("restored_step")
                    .asLong();
            List<JsonNode> judged = rig.validations(collapsed);
            assertThat(judged).as("before and after going back").hasSize(2);
            assertThat(ContinualRig.kl(judged.getFirst())).isGreaterThan(2 * rig.heldOut(good));
            assertThat(ContinualRig.kl(judged.getLast())).isCloseTo(rig.heldOut(good), within(1e-6));
            requireBetterThan(good, collapsed, rig);
        }
    }

    private static long step(JsonNode event) {
        return event.path("step").asLong();
    }

    private static String version(JsonNode event) {
        return event.path("version").asText();
    }

    private static String current(Path out) throws IOException {
        return Files.readSymbolicLink(out.resolve("published")).getFileName().toString();
    }
}
