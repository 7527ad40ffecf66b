package io.espalier.streams.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.gpu.checkpoint.TensorType;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A message that is no part of a frame is dropped and counted by its reason, takes no memory beyond the window and the
 * largest frame, and throws nothing; a sealed frame is taken once, by a receiver that has the key, and only as it was
 * sent.
 */
@Timeout(120)
class AssemblerTest {
    private static final int LARGEST = 4096;
    private static final int CHUNK = 1000;
    private static final int BYTES = 2500;
    private static final int FRAMES_PER_SESSION = 32;

    private final Counts counts = new Counts();
    private final FrameMemory memory = new FrameMemory(1 << 20);
    private final Window window = new Window(2, memory, counts, () -> {});
    private final FrameKey key = FrameKey.random(new SecureRandom());
    private final SealRing ring = new SealRing(key);
    private final byte[] payload = Messages.payload(BYTES);

    @AfterEach
    void nothingIsLeft() {
        window.clear();
        assertThat(memory.use().inUse()).isZero();
        memory.close();
    }

    private Assembler plain() {
        return new Assembler(Rig.EXPECTED, LARGEST, window, null);
    }

    private Assembler sealed() {
        return new Assembler(Rig.EXPECTED, LARGEST, window, ring);
    }

    private Messages sealedSender() {
        return new Messages(Seal.fresh(key, new SecureRandom()));
    }

    private List<UnsafeBuffer> frame(Messages sender, long sequence) {
        return sender.of(Rig.header(sequence, BYTES), payload, CHUNK);
    }

    private static void feed(Assembler assembler, List<UnsafeBuffer> messages) {
        messages.forEach(message ->
                assertThat(assembler.take(message, 0, message.capacity())).isTrue());
    }

    private void assertArrived(long... sequences) {
        for (long sequence : sequences) {
            try (Frame frame = window.next()) {
                assertThat(frame).as("frame %d", sequence).isNotNull();
                assertThat(frame.header().sequence()).isEqualTo(sequence);
                assertThat(Messages.bytes(frame.payload())).isEqualTo(payload);
            }
        }
        assertThat(window.next()).as("no other frame").isNull();
    }

    private void assertDropped(DropReason reason, long count) {
        Map<DropReason, Long> dropped = counts.dropped();
        assertThat(dropped).containsEntry(reason, count);
        assertThat(dropped.values().stream().mapToLong(Long::longValue).sum())
                .as("%s", dropped)
                .isEqualTo(count);
    }

    private static void flip(UnsafeBuffer message, int at) {
        message.putByte(at, (byte) (message.getByte(at) ^ 1));
    }

    /** Goes red with {@code -Despalier.unsafe.without=frame-crc}. */
    @Test
    void aFrameWithAFlippedBitIsDropped() {
        Assembler assembler = plain();
        Messages sender = new Messages(null);
        List<UnsafeBuffer> first = frame(sender, 0);
        flip(first.get(2), ChunkHeader.BYTES + 17);
        feed(assembler, first);
        assertThat(window.next()).isNull();
        feed(assembler, frame(sender, 1));
        assertArrived(1);
        assertDropped(DropReason.CORRUPT, 1);
    }

    @Test
    void aHeaderWithAFlippedBitTakesNoMemory() {
        List<UnsafeBuffer> messages = frame(new Messages(null), 0);
        flip(messages.getFirst(), ChunkHeader.BYTES + 50);
        feed(plain(), messages.subList(0, 1));
        assertDropped(DropReason.CORRUPT, 1);
        assertThat(memory.use().highWater()).isZero();
    }

    @Test
    void aFrameThatComesTwiceIsTakenOnce() {
        Assembler assembler = plain();
        List<UnsafeBuffer> messages = frame(new Messages(null), 0);
        feed(assembler, messages);
        feed(assembler, messages.subList(0, 1));
        assertArrived(0);
        assertDropped(DropReason.REPLAYED, 1);
    }

    @Test
    void aRepeatedMessageDoesNotHarmItsFrame() {
        Assembler assembler = plain();
        List<UnsafeBuffer> messages = new ArrayList<>(frame(new Messages(null), 0));
        messages.add(2, messages.get(1));
        feed(assembler, messages);
        assertArrived(0);
        assertDropped(DropReason.REPLAYED, 1);
    }

    @Test
    void aMissingMessageDropsItsFrameAndNoOther() {
        Assembler assembler = plain();
        Messages sender = new Messages(null);
        List<UnsafeBuffer> messages = new ArrayList<>(frame(sender, 0));
        messages.remove(2);
        feed(assembler, messages);
        feed(assembler, frame(sender, 1));
        assertArrived(1);
        assertDropped(DropReason.INCOMPLETE, 1);
    }

    @Test
    void aReceiverThatJoinsMidwayWaitsForTheNextFrame() {
        Assembler assembler = plain();
        Messages sender = new Messages(null);
        feed(assembler, frame(sender, 0).subList(2, 4));
        feed(assembler, frame(sender, 1));
        assertArrived(1);
        assertDropped(DropReason.INCOMPLETE, 1);
    }

    @Test
    void aFrameThatIsBegunAnewIsTakenOnce() {
        Assembler assembler = plain();
        Messages sender = new Messages(null);
        feed(assembler, frame(sender, 0).subList(0, 2));
        feed(assembler, frame(sender, 0));
        assertArrived(0);
        assertDropped(DropReason.INCOMPLETE, 1);
    }

    @Test
    void framesOfAnotherEpochAreForeign() {
        FrameHeader header = Rig.header(0, BYTES);
        FrameHeader old = new FrameHeader(
                header.kind(),
                header.job(),
                Rig.EPOCH - 1,
                header.link(),
                header.sequence(),
                header.attempt(),
                header.part(),
                header.parts(),
                header.site(),
                header.layer(),
                header.type(),
                header.shape(),
                header.hash());
        feed(plain(), new Messages(null).of(old, payload, CHUNK));
        assertDropped(DropReason.FOREIGN, 1);
        assertThat(memory.use().highWater()).isZero();
    }

    @Test
    void whatIsTooLargeTakesNoMemory() {
        Messages sender = new Messages(null);
        feed(plain(), sender.of(Rig.header(0, LARGEST + 1), payload, CHUNK));
        FrameHeader huge = new FrameHeader(
                FrameHeader.Kind.SIGNAL,
                Rig.JOB,
                Rig.EPOCH,
                Rig.LINK,
                1,
                0,
                0,
                1,
                -1,
                -1,
                TensorType.F64,
                new long[] {Integer.MAX_VALUE},
                new byte[FrameHeader.HASH_BYTES]);
        feed(plain(), sender.of(huge, payload, CHUNK).subList(0, 1));
        assertDropped(DropReason.OVERSIZED, 2);
        assertThat(memory.use().highWater()).isZero();
    }

    @Test
    void aFullWindowLeavesTheNextFrameWhereItIs() {
        Assembler assembler = plain();
        Messages sender = new Messages(null);
        feed(assembler, frame(sender, 0));
        feed(assembler, frame(sender, 1));
        List<UnsafeBuffer> third = frame(sender, 2);
        UnsafeBuffer begin = third.getFirst();
        assertThat(assembler.take(begin, 0, begin.capacity())).isFalse();
        window.next().close();
        feed(assembler, third);
        assertArrived(1, 2);
    }

    @Test
    void sealedFramesArrive() {
        Assembler assembler = sealed();
        Messages sender = sealedSender();
        List<UnsafeBuffer> messages = frame(sender, 0);
        assertThat(messages.get(1).byteBuffer().duplicate().clear().position(ChunkHeader.BYTES))
                .as("ciphertext")
                .isNotEqualTo(ByteBuffer.wrap(payload, 0, CHUNK))
                .extracting(ByteBuffer::remaining)
                .isEqualTo(CHUNK + Seal.TAG_BYTES);
        feed(assembler, messages);
        feed(assembler, frame(sender, 1));
        assertArrived(0, 1);
    }

    @Test
    void aSealedFrameWithAFlippedBitIsForgedEvenIfItsChecksumFits() {
        Assembler assembler = sealed();
        Messages sender = sealedSender();
        List<UnsafeBuffer> messages = frame(sender, 0);
        flip(messages.get(1), ChunkHeader.BYTES + 3);
        Messages.sign(messages.get(1));
        feed(assembler, messages);
        feed(assembler, frame(sender, 1));
        assertArrived(1);
        assertDropped(DropReason.FORGED, 1);
    }

    @Test
    void aSealCoversTheMessagesPlace() {
        Assembler assembler = sealed();
        List<UnsafeBuffer> messages = frame(sealedSender(), 0);
        // The number of the message, which is the nonce, and so not only sealed along.
        flip(messages.get(1), 9);
        Messages.sign(messages.get(1));
        feed(assembler, messages);
        assertThat(window.next()).isNull();
        assertDropped(DropReason.FORGED, 1);
    }

    @Test
    void aSealedFrameThatAnotherSessionRepeatsIsAReplay() {
        List<UnsafeBuffer> messages = frame(sealedSender(), 0);
        feed(sealed(), messages);
        assertArrived(0);
        feed(sealed(), messages.subList(0, 1));
        assertThat(window.next()).isNull();
        assertDropped(DropReason.REPLAYED, 1);
    }

    @Test
    void whatIsSealedWithAnotherKeyIsForgedAndTakesNoMemory() {
        FrameKey other = FrameKey.random(new SecureRandom());
        feed(
                sealed(),
                frame(new Messages(Seal.fresh(other, new SecureRandom())), 0).subList(0, 1));
        assertDropped(DropReason.FORGED, 1);
        assertThat(memory.use().highWater()).isZero();
    }

    @Test
    void whatIsNotSealedIsNotTakenForASealedFrameNorTheOtherWayRound() {
        feed(sealed(), frame(new Messages(null), 0).subList(0, 1));
        feed(plain(), frame(sealedSender(), 0).subList(0, 1));
        assertDropped(DropReason.SEALED_OTHERWISE, 2);
    }

    @Test
    void twoSendersOfOneKeyShareNoKeyStream() {
        UnsafeBuffer one = frame(sealedSender(), 0).get(1);
        UnsafeBuffer other = frame(sealedSender(), 0).get(1);
        assertThat(one.byteBuffer().duplicate().clear().position(ChunkHeader.BYTES))
                .isNotEqualTo(other.byteBuffer().duplicate().clear().position(ChunkHeader.BYTES));
    }

    @Test
    void aMillionRandomAndChangedMessagesDoNoHarm() {
        long seed = Long.getLong("espalier.fuzz.seed", Rig.SEED);
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        System.out.println("fuzz seed " + seed);
        List<Assembler> assemblers = List.of();
        List<Messages> senders = List.of();
        int messages = 0;
        long arrived = 0;
        for (int frames = 0; messages < 1_000_000; frames++) {
            // A number that was made up too high makes all later ones old: a new session knows nothing of it.
            if (frames % FRAMES_PER_SESSION == 0) {
                assemblers.forEach(Assembler::abandon);
                assemblers = List.of(plain(), sealed());
                senders = List.of(new Messages(null), sealedSender());
            }
            int which = random.nextInt(64) == 0 ? 1 : 0;
            for (UnsafeBuffer message : frame(senders.get(which), messages)) {
                UnsafeBuffer given = random.nextInt(4) == 0 ? message : changed(message, random);
                assemblers.get(random.nextInt(16) == 0 ? 1 - which : which).take(given, 0, given.capacity());
                messages++;
            }
            for (Frame frame = window.next(); frame != null; frame = window.next()) {
                assertThat(frame.header().bytes()).isLessThanOrEqualTo(LARGEST);
                frame.close();
                arrived++;
            }
        }
        assemblers.forEach(Assembler::abandon);
        assertThat(memory.use().highWater()).as("seed %d", seed).isLessThanOrEqualTo(2L * 2 * LARGEST);
        assertThat(arrived).as("seed %d", seed).isPositive();
        assertThat(counts.dropped())
                .as("seed %d", seed)
                .allSatisfy((_, count) -> assertThat(count).isPositive());
    }

    private static UnsafeBuffer changed(UnsafeBuffer message, RandomGenerator random) {
        int length = random.nextInt(8) == 0 ? random.nextInt(message.capacity() + 1) : message.capacity();
        ByteBuffer bytes = ByteBuffer.allocateDirect(length);
        UnsafeBuffer changed = new UnsafeBuffer(bytes);
        changed.putBytes(0, message, 0, length);
        if (random.nextInt(16) == 0) {
            byte[] noise = new byte[length];
            random.nextBytes(noise);
            changed.putBytes(0, noise);
        }
        int flips = random.nextInt(3);
        for (int i = 0; i < flips && length > 0; i++) {
            // Mostly where the fields are.
            int at = random.nextInt(random.nextBoolean() ? Math.min(length, 160) : length);
            changed.putByte(at, (byte) random.nextInt());
        }
        if (random.nextBoolean()) {
            Messages.sign(changed);
        }
        return changed;
    }
}
