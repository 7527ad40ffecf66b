package io.espalier.streams.transport;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.espalier.gpu.TestMode;
import io.espalier.gpu.checkpoint.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.LongStream;
import java.util.zip.CRC32C;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;

/** Transports with real media drivers, frames of seeded bytes, and what became of them. Closing it checks that nothing is left. */
final class Rig implements AutoCloseable {
    static final long JOB = 11;
    static final long LINK = 22;
    static final long EPOCH = 33;
    static final Expected EXPECTED = new Expected(JOB, LINK, epoch -> epoch == EPOCH);
    static final long SEED = 20260101;
    /** The key of links that others could read. */
    static final FrameKey KEY = FrameKey.of(
            "a key of thirty-two bytes, no more".substring(0, FrameKey.BYTES).getBytes(US_ASCII));

    private static final long PATIENCE_SECONDS = 30;

    static {
        // Packets are lost on purpose in a test's process alone.
        System.setProperty(TestMode.PROPERTY, "true");
    }

    final ActorSystem system = ActorSystem.create("transport");
    final List<Delivery> deliveries = new CopyOnWriteArrayList<>();
    final List<Throwable> lost = new CopyOnWriteArrayList<>();
    final AtomicInteger made = new AtomicInteger();
    final AtomicInteger released = new AtomicInteger();
    private final List<Transport> transports = new ArrayList<>();
    private final List<Receiver> receivers = new ArrayList<>();
    private final Arena arena = Arena.ofShared();

    /** Small logs, so that windows are small too; a later key wins. */
    static TransportSettings settings(String overrides) {
        return TransportSettings.of(
                ConfigFactory.parseString("espalier.transport { term-length = 1 MiB\n" + overrides + "\n}"));
    }

    /** The numbers of frames that follow one another. */
    static List<Long> numbers(long from, long count) {
        return LongStream.range(from, from + count).boxed().toList();
    }

    Transport open(String overrides) {
        return open(settings(overrides));
    }

    Transport open(TransportSettings settings) {
        Transport transport = Transport.open(settings, lost::add);
        transports.add(transport);
        return transport;
    }

    static FrameHeader header(long sequence, long bytes) {
        return new FrameHeader(
                FrameHeader.Kind.SIGNAL,
                JOB,
                EPOCH,
                LINK,
                sequence,
                0,
                0,
                1,
                -1,
                -1,
                TensorType.U8,
                new long[] {bytes},
                new byte[FrameHeader.HASH_BYTES]);
    }

    /** Bytes that depend on the sequence number, in two pieces. */
    OutgoingFrame frame(long sequence, int bytes) {
        MemorySegment memory = memory(sequence, bytes);
        int cut = bytes / 3;
        made.incrementAndGet();
        return new OutgoingFrame(
                header(sequence, bytes),
                List.of(memory.asSlice(0, cut), memory.asSlice(cut)),
                released::incrementAndGet);
    }

    private static byte[] content(long sequence, int bytes) {
        byte[] content = new byte[bytes];
        RandomGeneratorFactory.of("L64X128MixRandom").create(SEED + sequence).nextBytes(content);
        return content;
    }

    MemorySegment memory(long sequence, int bytes) {
        byte[] content = content(sequence, bytes);
        MemorySegment memory = arena.allocate(Math.max(1, bytes)).asSlice(0, bytes);
        MemorySegment.copy(content, 0, memory, ValueLayout.JAVA_BYTE, 0, bytes);
        return memory;
    }

    static long hash(long sequence, int bytes) {
        return hash(MemorySegment.ofArray(content(sequence, bytes)));
    }

    static long hash(MemorySegment memory) {
        CRC32C crc = new CRC32C();
        crc.update(memory.asByteBuffer());
        return crc.getValue();
    }

    /** The frames of these numbers, made when they are asked for. */
    Source<OutgoingFrame, NotUsed> frames(int from, int count, int bytes) {
        return Source.range(from, from + count - 1).map(i -> frame(i, bytes));
    }

    Receiver receive(Transport transport, Endpoint endpoint) {
        return receive(transport, endpoint, endpoint.sealed(KEY));
    }

    Receiver receive(Transport transport, Endpoint endpoint, Optional<FrameKey> key) {
        Receiver receiver = new Receiver(this, transport, endpoint, key);
        receivers.add(receiver);
        return receiver;
    }

    Sink<OutgoingFrame, CompletionStage<Done>> sink(Transport transport, Endpoint endpoint) {
        return ActivationSink.to(transport, endpoint, endpoint.sealed(KEY), deliveries::add);
    }

    static <T> T join(CompletionStage<T> stage) {
        return stage.toCompletableFuture()
                .orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS)
                .join();
    }

    static void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("waiting until %s", what).isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    static void awaitDropped(Transport transport, DropReason reason, long count) {
        await(reason + " is " + count, () -> transport.counters().dropped().get(reason) == count);
        Map<DropReason, Long> dropped = transport.counters().dropped();
        assertThat(dropped).containsEntry(reason, count);
    }

    void awaitAllReleased() {
        await("all frames are released", () -> released.get() == made.get());
    }

    @Override
    public void close() {
        receivers.forEach(Receiver::cancel);
        for (Transport transport : transports) {
            transport.close();
            assertThat(transport.directory())
                    .satisfies(directory -> assertThat(
                                    transport.settings().driver().kind() == TransportSettings.DriverKind.EXTERNAL
                                            || !Files.exists(directory))
                            .as("%s is gone", directory)
                            .isTrue());
        }
        system.terminate();
        join(system.getWhenTerminated());
        for (Transport transport : transports) {
            assertThat(transport.counters().memory().inUse())
                    .as("bytes of frames that nobody closed")
                    .isZero();
        }
        awaitAllReleased();
        assertThat(released.get()).as("each frame is released once").isEqualTo(made.get());
        arena.close();
    }
}
