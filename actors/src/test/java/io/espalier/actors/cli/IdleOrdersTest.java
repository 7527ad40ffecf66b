package io.espalier.actors.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.espalier.actors.continual.EventKind;
import io.espalier.actors.protocol.JobOrder;
import io.espalier.actors.quickstart.TinyWorld;
import io.espalier.gpu.checkpoint.ModelDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A student that has nothing to read does what it is told all the same. What would change weights that the checkpoint of this
 * very step holds waits for the next step.
 */
@Timeout(180)
@Tag("full")
class IdleOrdersTest {
    @TempDir
    Path directory;

    @Test
    void ordersAreCarriedOutWhileNoTextComes() throws IOException {
        TinyWorld world = TinyWorld.create(directory.resolve("world"));
        Path inbox = Files.createDirectories(directory.resolve("inbox"));
        Path out = directory.resolve("out");
        String live = "{ sources { inbox { kind = folder, directory = \"%s\", settle = 0 s } } }".formatted(inbox);
        String digest = ModelDirectory.digestOf(world.student());
        put(world, inbox, 1);
        try (ContinualRig rig = ContinualRig.start(
                ContinualRig.arguments(world, live, out, "--checkpoint-every", "1000", "--validate-every", "1000"),
                out)) {
            long first = awaitIdle(world, rig, 1);
            rig.run().order(new JobOrder.Checkpoint("keep"));
            assertThat(stepOf(rig, "keep")).isEqualTo(first);
            String version = rig.await(EventKind.PUBLISHED).path("version").asText();

            put(world, inbox, 2);
            long second = awaitIdle(world, rig, 2);
            rig.run().order(new JobOrder.Rollback("back", version));
            assertThat(stepOf(rig, "back")).isEqualTo(second);
            assertThat(rig.heldOut(second)).isCloseTo(rig.heldOut(first), within(1e-9));
            rig.run().order(new JobOrder.Tune("slow", OptionalDouble.of(1e-4), OptionalDouble.empty()));
            assertThat(stepOf(rig, "slow")).isEqualTo(second);

            put(world, inbox, 3);
            long third = awaitIdle(world, rig, 3);
            rig.run().order(new JobOrder.SwapTeacher("other", world.student(), digest));
            assertThat(stepOf(rig, "other")).isEqualTo(third);
            rig.run().order(new JobOrder.Rollback("late", version));

            put(world, inbox, 4);
            assertThat(stepOf(rig, "late"))
                    .as("the checkpoint of step " + third + " stands")
                    .isGreaterThan(third);
            Path damaged = out.resolve("states").resolve("v000000").resolve("weights.safetensors");
            byte[] bytes = Files.readAllBytes(damaged);
            bytes[bytes.length / 2] ^= 1;
            Files.write(damaged, bytes);
            Path published = Files.readSymbolicLink(out.resolve("published"));
            rig.run().order(new JobOrder.Rollback("damaged", "v000000"));
            assertThat(rig.await(EventKind.ORDER_FAILED).path("message").asText())
                    .as("a damaged version is the order's trouble and not the run's")
                    .contains("SHA-256");
            assertThat(out.resolve("published")).as("what is published stays").isSymbolicLink();
            assertThat(Files.readSymbolicLink(out.resolve("published"))).isEqualTo(published);
            rig.run().order(new JobOrder.Checkpoint("after"));
            rig.awaitOperation("after");
            assertThat(rig.ledger().faults()).isEmpty();
            assertThat(rig.ledger().entries())
                    .filteredOn(entry -> entry.restored().isPresent())
                    .extracting(entry -> entry.restored().getAsLong())
                    .containsExactly(first, first);
            assertThat(rig.events(EventKind.TEACHER_SWAPPED)).hasSize(1);
        }
    }

    /** The texts of a domain, as a file that is there at once. */
    private static void put(TinyWorld world, Path inbox, int number) throws IOException {
        Path written = Files.copy(world.text().getFirst(), inbox.resolve("." + number));
        Files.move(written, inbox.resolve(number + ".jsonl"), StandardCopyOption.ATOMIC_MOVE);
    }

    /** Waits until all of so many files is read and the student has nothing to do; gives the step that it is at. */
    private static long awaitIdle(TinyWorld world, ContinualRig rig, int files) throws IOException {
        long records = Files.readAllLines(world.text().getFirst()).size() * (long) files;
        return rig.awaitStatus(status -> status.path("state").asText().equals("waiting")
                        && status.at("/sources/0/read").asLong() == records)
                .path("step")
                .asLong();
    }

    private static long stepOf(ContinualRig rig, String operation) {
        return rig.awaitOperation(operation).path("step").asLong();
    }
}
