package io.espalier.streams.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A sender has as many slots as a window has frames, and none is lost to a receiver that does not give it back. */
@Timeout(60)
class SlotsTest {
    private static final int BYTES = 10_000;
    private static final Duration PATIENCE = Duration.ofNanos(1000);

    @TempDir
    Path driver;

    private SlotFolder folder;
    private Slots slots;

    private Slots open(long most) {
        folder = new SlotFolder(driver);
        slots = new Slots(folder, new TransportSettings.Shared(BYTES, most), 2, PATIENCE);
        return slots;
    }

    @AfterEach
    void nothingIsLeft() throws IOException {
        if (slots != null) {
            slots.dropAll();
            assertThat(folder.mapped()).isZero();
            assertThat(names()).isEmpty();
        }
    }

    private List<Path> names() throws IOException {
        Path path = driver.resolve("slots");
        if (!Files.exists(path)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(path)) {
            return files.toList();
        }
    }

    private Slots.Slot filled(long frame) {
        Slots.Slot slot = slots.free(BYTES, 0);
        slots.fill(slot, frame, 0);
        return slot;
    }

    @Test
    void thereAreNoMoreThanTheWindowHas() {
        open(1 << 20);
        Slots.Slot first = filled(1);
        filled(2);
        assertThat(slots.free(BYTES, 0)).isNull();
        assertThat(slots.serve(BYTES)).as("there will be one").isTrue();
        first.file().take(1);
        first.file().giveBack(1);
        assertThat(slots.free(BYTES, 0)).isSameAs(first);
    }

    @Test
    void onlyFramesThatFitAreServed() {
        open(8 * BYTES);
        assertThat(slots.serve(BYTES - 1)).isFalse();
        assertThat(slots.serve(4 * BYTES)).isTrue();
        assertThat(slots.serve(4 * BYTES + 1)).isFalse();
        assertThat(slots.free(4 * BYTES, 0).file().bytes()).isEqualTo(4 * BYTES);
    }

    @Test
    void aSlotGrowsForALargerFrame() throws IOException {
        open(1 << 20);
        Slots.Slot slot = filled(1);
        filled(2);
        slot.file().take(1);
        slot.file().giveBack(1);
        assertThat(slots.free(3 * BYTES, 0).file().bytes()).isGreaterThanOrEqualTo(3 * BYTES);
        assertThat(names()).hasSize(2);
    }

    @Test
    void whatWasPassedOverComesBack() {
        open(1 << 20);
        Slots.Slot dropped = filled(1);
        filled(2).file().take(2);
        assertThat(slots.free(BYTES, 0)).isSameAs(dropped);
        assertThat(dropped.file().turn()).isZero();
    }

    @Test
    void whatTheSenderTookBackPassesNothingOver() {
        open(1 << 20);
        Slots.Slot waiting = filled(1);
        Slots.Slot midway = filled(2);
        slots.takeBack(midway);
        assertThat(slots.free(BYTES, 0)).isSameAs(midway);
        assertThat(waiting.file().turn()).isEqualTo(1);
    }

    @Test
    void whatIsKeptForTooLongIsReplacedAndStaysWithWhoKeepsIt() {
        open(1 << 20);
        Slots.Slot kept = filled(1);
        SlotFile file = kept.file();
        file.use();
        file.take(1);
        filled(2);
        assertThat(slots.free(BYTES, PATIENCE.toNanos())).isNull();
        assertThat(slots.free(BYTES, PATIENCE.toNanos() + 1)).isSameAs(kept);
        assertThat(kept.file()).isNotSameAs(file);
        assertThat(file.isTaken(1)).isTrue();
        file.release();
    }

    @Test
    void whatNoSlotCanBeMadeForGoesThroughTheLog() {
        folder = new SlotFolder(driver.resolve("gone"));
        slots = new Slots(folder, new TransportSettings.Shared(BYTES, 1 << 20), 2, PATIENCE);
        assertThat(slots.free(3 * BYTES, 0)).isNull();
        assertThat(slots.serve(3 * BYTES)).isFalse();
        assertThat(slots.serve(BYTES)).as("smaller ones are tried").isTrue();
    }

    @Test
    void aSlotThatWouldTakeMostOfWhatIsFreeIsRefusedBeforeAnythingIsWritten() throws IOException {
        open(1 << 20);
        long usable = Files.getFileStore(driver).getUsableSpace();
        assertThatThrownBy(() -> folder.create(SlotFolder.next(0), usable))
                .isInstanceOf(IOException.class)
                .hasMessageContainingAll(Long.toString(usable), "slots");
        assertThat(names()).isEmpty();
    }

    @Test
    void nobodyElseMayReadThem() throws IOException {
        open(1 << 20);
        filled(1);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(driver.resolve("slots"))))
                .isEqualTo("rwx------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(names().getFirst())))
                .isEqualTo("rw-------");
    }

    @Test
    void aNameGoesWhenTheReceiverHasMappedItsSlot() throws IOException {
        open(1 << 20);
        Slots.Slot slot = filled(1);
        SlotFile mapped = folder.take(slot.name());
        assertThat(names()).isEmpty();
        slot.file().view().put(3, (byte) 7);
        assertThat(mapped.view().get(3)).isEqualTo((byte) 7);
        mapped.release();
    }

    @Test
    void whatHasNotBeenTakenIsLeftToItsReceiverAndSweptWhenItsSenderIsDead() throws IOException {
        open(1 << 20);
        Slots.Slot waiting = filled(1);
        filled(2).file().take(2);
        SlotName name = waiting.name();
        slots.fill(waiting, 3, 0);
        slots.leave();
        assertThat(names()).singleElement().asString().endsWith(name.fileName());
        ProcessName self = ProcessName.self();
        Path dead = driver.resolve("slots").resolve(new ProcessName(self.namespace(), 999_999_999, 1) + "-1");
        Path elsewhere = driver.resolve("slots").resolve(new ProcessName(1, 999_999_999, 1) + "-1");
        Files.createFile(dead);
        Files.createFile(elsewhere);
        assertThat(new SlotFolder(driver).mapped()).isZero();
        assertThat(dead).doesNotExist();
        assertThat(names()).hasSize(2);
        folder.delete(name);
        Files.delete(elsewhere);
    }
}
