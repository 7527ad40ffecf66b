package io.espalier.streams.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A frame in a slot is handed out where it lies, or copied, and its slot comes back either way; what is wrong with it drops it,
 * counted by its reason, and gives the slot back too.
 */
@Timeout(60)
class SlotAssemblerTest {
    private static final int LARGEST = 4096;
    private static final int PIECE = 1000;
    private static final int BYTES = 2500;

    @TempDir
    Path driver;

    private final Counts counts = new Counts();
    private final FrameMemory memory = new FrameMemory(1 << 20);
    private final Window window = new Window(4, memory, counts, () -> {});
    private final Messages sender = new Messages(null);
    private final byte[] payload = Messages.payload(BYTES);
    private SlotFolder folder;
    private Slots slots;
    private Slots.Slot slot;
    private Assembler assembler;

    @BeforeEach
    void open() {
        folder = new SlotFolder(driver);
        slots = new Slots(folder, new TransportSettings.Shared(1, 1 << 20), 4, Duration.ofSeconds(1));
        slot = slots.free(BYTES, 0);
        assembler = receiver();
    }

    @AfterEach
    void nothingIsLeft() {
        window.clear();
        assembler.close();
        slots.dropAll();
        assertThat(memory.use().inUse()).isZero();
        assertThat(folder.mapped()).isZero();
        memory.close();
    }

    /** One that hands out one frame where it lies. */
    private Assembler receiver() {
        return new Assembler(Rig.EXPECTED, LARGEST, window, null, new SenderSlots(folder, 1));
    }

    private List<UnsafeBuffer> frame(Slots.Slot in, long sequence) {
        return sender.inSlot(Rig.header(sequence, BYTES), in.name(), in.file(), payload, PIECE);
    }

    private static void feed(Assembler assembler, List<UnsafeBuffer> messages) {
        messages.forEach(message ->
                assertThat(assembler.take(message, 0, message.capacity())).isTrue());
    }

    private void assertDropped(DropReason reason) {
        Map<DropReason, Long> dropped = counts.dropped();
        assertThat(dropped).containsEntry(reason, 1L);
        assertThat(dropped.values().stream().mapToLong(Long::longValue).sum()).isOne();
        assertThat(window.next()).isNull();
        assertThat(memory.use().highWater()).as("memory taken").isZero();
    }

    private void assertComesBack() {
        assertThat(slot.file().turn()).as("whose turn it is").isZero();
    }

    @Test
    void aFrameIsHandedOutWhereItLiesAndItsSlotComesBackWhenItIsClosed() {
        feed(assembler, frame(slot, 0));
        try (Frame frame = window.next()) {
            assertThat(Messages.bytes(frame.payload())).isEqualTo(payload);
            assertThat(slot.file().turn()).isEqualTo(-Assembler.turn(0));
            assertThat(memory.use().highWater()).isZero();
        }
        assertComesBack();
    }

    @Test
    void whileOneIsKeptTheNextIsCopiedAndItsSlotComesBackAtOnce() {
        feed(assembler, frame(slot, 0));
        Slots.Slot second = slots.free(BYTES, 0);
        feed(assembler, frame(second, 1));
        assertThat(second.file().turn()).isZero();
        second.file().view().clear().put(new byte[BYTES]);
        try (Frame kept = window.next();
                Frame copied = window.next()) {
            assertThat(kept.header().sequence()).isZero();
            assertThat(Messages.bytes(copied.payload())).isEqualTo(payload);
        }
        assertComesBack();
    }

    @Test
    void aFrameThatIsKeptOutlivesItsSession() {
        feed(assembler, frame(slot, 0));
        assembler.close();
        slots.dropAll();
        try (Frame kept = window.next()) {
            assertThat(Messages.bytes(kept.payload())).isEqualTo(payload);
        }
        assertThat(folder.mapped()).isZero();
    }

    @Test
    void aNameThatCannotBeIsMalformedAndNothingIsMapped() {
        long mapped = folder.mapped();
        for (SlotName name : new SlotName[] {
            new SlotName(Slots.MOST, ProcessName.self(), 1),
            new SlotName(-1, ProcessName.self(), 1),
            new SlotName(0, ProcessName.self(), -1)
        }) {
            feed(assembler, sender.inSlot(Rig.header(0, BYTES), name, slot.file(), payload, PIECE));
        }
        assertThat(counts.dropped()).containsEntry(DropReason.MALFORMED, 3L);
        assertThat(folder.mapped()).isEqualTo(mapped);
    }

    @Test
    void aSlotThatIsNotThereIsIncomplete() {
        SlotName gone = new SlotName(0, ProcessName.self(), Long.MAX_VALUE);
        feed(assembler, sender.inSlot(Rig.header(0, BYTES), gone, slot.file(), payload, PIECE));
        assertDropped(DropReason.INCOMPLETE);
    }

    @Test
    void aSlotThatIsSmallerThanItsFrameIsMalformed() throws IOException {
        SlotName name = SlotFolder.next(1);
        SlotFile small = folder.create(name, BYTES - 1);
        feed(assembler, sender.inSlot(Rig.header(0, BYTES), name, small, payload, PIECE));
        assertThat(small.turn()).isZero();
        small.release();
        assertDropped(DropReason.MALFORMED);
    }

    /** Goes red with {@code -Despalier.unsafe.without=frame-crc}. */
    @Test
    void aFlippedBitInASlotIsCorrupt() {
        List<UnsafeBuffer> messages = frame(slot, 0);
        slot.file().view().put(BYTES - 1, (byte) (payload[BYTES - 1] ^ 1));
        feed(assembler, messages);
        assertDropped(DropReason.CORRUPT);
        assertComesBack();
    }

    @Test
    void whatASenderTakesBackMidwayIsIncomplete() {
        List<UnsafeBuffer> messages = frame(slot, 0);
        feed(assembler, messages.subList(0, 2));
        slots.takeBack(slot);
        slot.file().view().clear().put(new byte[BYTES]);
        feed(assembler, messages.subList(2, messages.size()));
        assertDropped(DropReason.INCOMPLETE);
        assertComesBack();
    }

    @Test
    void aFrameThatAnotherSessionRepeatsIsNotTakenAgain() {
        List<UnsafeBuffer> messages = frame(slot, 0);
        feed(assembler, messages);
        window.next().close();
        Assembler other = receiver();
        feed(other, messages);
        assertDropped(DropReason.INCOMPLETE);
        other.close();
    }

    @Test
    void aFrameOfAnotherLinkGivesItsSlotBack() {
        Assembler elsewhere = new Assembler(
                new Expected(Rig.JOB, Rig.LINK + 1, _ -> true), LARGEST, window, null, new SenderSlots(folder, 1));
        feed(elsewhere, frame(slot, 0));
        assertDropped(DropReason.FOREIGN);
        assertComesBack();
        elsewhere.close();
    }

    @Test
    void aFrameThatSaysItIsTooLargeGivesItsSlotBack() {
        feed(assembler, sender.inSlot(Rig.header(0, LARGEST + 1), slot.name(), slot.file(), payload, PIECE));
        assertDropped(DropReason.OVERSIZED);
        assertComesBack();
    }

    @Test
    void whereNothingIsSharedASlotIsMalformed() {
        feed(new Assembler(Rig.EXPECTED, LARGEST, window, null, null), frame(slot, 0));
        assertDropped(DropReason.MALFORMED);
    }

    @Test
    void aPieceOfASlotInAFrameThatHasNoneIsMalformed() {
        feed(
                assembler,
                new Messages(null).of(Rig.header(0, BYTES), payload, PIECE).subList(0, 1));
        feed(assembler, List.of(frame(slot, 0).get(1)));
        assertThat(counts.dropped()).containsEntry(DropReason.MALFORMED, 1L);
        assertThat(assembler.isAssembling()).isFalse();
    }
}
