package io.espalier.streams.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aeron.CncFileDescriptor;
import io.espalier.gpu.Refused;
import java.io.IOException;
import java.nio.MappedByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.agrona.IoUtil;
import org.agrona.concurrent.ringbuffer.ManyToOneRingBuffer;
import org.apache.pekko.Done;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A process has a transport when it needs one, in memory or on disk, and another one after that was lost, by an Error too. */
@Timeout(60)
class TransportOwnerTest {
    @TempDir
    Path memory;

    @TempDir
    Path disk;

    private final Rig rig = new Rig();

    @AfterEach
    void close() {
        rig.close();
    }

    private TransportSettings settings(String more) {
        return Rig.settings("memory = \"" + memory + "\", disk = \"" + disk + "\"\n" + more);
    }

    private static List<Path> in(Path folder) throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            return all.toList();
        }
    }

    /** A duty that ends the transport's thread as a page that is missing would. */
    private static Duty fault(CompletableFuture<Throwable> ended) {
        return new Duty() {
            @Override
            public int work(long now) {
                throw new InternalError("a fault occurred in an unsafe memory access operation");
            }

            @Override
            public boolean isStopped() {
                return false;
            }

            @Override
            public void end(Throwable cause) {
                ended.complete(cause);
            }
        };
    }

    @Test
    void nothingIsOpenedBeforeItIsNeededAndNothingIsLeft() throws IOException {
        try (TransportOwner owner = new TransportOwner(settings(""))) {
            assertThat(owner.counters()).isEmpty();
            assertThat(in(memory)).isEmpty();
            Transport transport = owner.get();
            assertThat(owner.get()).isSameAs(transport);
            assertThat(transport.directory()).startsWith(memory.toRealPath());
        }
        assertThat(in(memory)).isEmpty();
    }

    @Test
    void anErrorOfItsThreadFailsItsLinksAndTheNextOneWorks() throws IOException {
        try (TransportOwner owner = new TransportOwner(settings(""))) {
            Transport first = owner.get();
            Endpoint before = first.newEndpoint();
            Receiver receiver = rig.receive(first, before);
            CompletionStage<Done> receiving = receiver.ended();
            rig.frames(0, 1, 1000).runWith(rig.sink(first, before), rig.system);
            assertThat(receiver.take(1)).isEqualTo(Rig.numbers(0, 1));
            CompletableFuture<Throwable> ended = new CompletableFuture<>();
            first.start(fault(ended));
            assertThat(ended).succeedsWithin(Duration.ofSeconds(30)).isInstanceOf(TransportLost.class);
            assertThat(receiving.toCompletableFuture())
                    .failsWithin(Duration.ofSeconds(30))
                    .withThrowableThat()
                    .withCauseInstanceOf(TransportLost.class)
                    .withStackTraceContaining("unsafe memory access");
            Rig.await("another one is given out", () -> owner.get() != first);
            Transport second = owner.get();
            Endpoint endpoint = second.newEndpoint();
            Receiver received = rig.receive(second, endpoint);
            rig.frames(1, 3, 1 << 20).runWith(rig.sink(second, endpoint), rig.system);
            assertThat(received.take(3)).isEqualTo(Rig.numbers(1, 3));
            Rig.await(
                    "what both have sent is counted",
                    () -> owner.counters().orElseThrow().framesOut() == 4);
            received.cancel();
        }
        assertThat(in(memory)).isEmpty();
    }

    @Test
    void aDriverThatDiesOfAnErrorIsHeardOfAndReplaced() throws IOException {
        try (TransportOwner owner = new TransportOwner(settings(""))) {
            Transport first = owner.get();
            first.lose(new InternalError("a fault occurred in an unsafe memory access operation"));
            Rig.await("another one is given out", () -> owner.get() != first);
            assertThat(owner.get().directory()).isNotEqualTo(first.directory());
        }
        assertThat(in(memory)).isEmpty();
    }

    @Test
    void aDriverWhoseDirectorySomebodyHasRemovedIsReplacedWhenItIsNeeded() throws IOException {
        try (TransportOwner owner = new TransportOwner(settings(""))) {
            Transport first = owner.get();
            Files.delete(first.directory().resolve("cnc.dat"));
            Transport second = owner.get();
            assertThat(second.directory()).isNotEqualTo(first.directory()).exists();
            assertThat(owner.get()).isSameAs(second);
        }
        assertThat(in(memory)).isEmpty();
    }

    @Test
    void whereMemoryHasNoRoomItsFilesLieOnDisk() throws IOException {
        long room = Files.getFileStore(disk).getUsableSpace();
        TransportSettings settings = Rig.settings("memory = /proc, least-room = 1 MiB, disk = \"" + disk + "\"");
        try (TransportOwner owner = new TransportOwner(settings)) {
            assertThat(owner.get().directory()).startsWith(disk.toRealPath());
        }
        TransportSettings none = settings("least-room = " + (room * 2));
        try (TransportOwner owner = new TransportOwner(none)) {
            assertThatThrownBy(owner::get)
                    .isInstanceOfSatisfying(
                            Refused.class, e -> assertThat(e.reason()).isEqualTo(Refused.Reason.TRY_AGAIN))
                    .hasMessageContainingAll(memory.toString(), disk.toString(), "least-room");
        }
        assertThat(in(memory)).isEmpty();
    }

    @Test
    @Tag("full")
    void allOfAFilesMemoryIsTakenWhenItIsMade() throws IOException {
        try (TransportOwner owner = new TransportOwner(settings(""))) {
            Transport transport = owner.get();
            Endpoint endpoint = transport.newEndpoint();
            Receiver received = rig.receive(transport, endpoint);
            rig.frames(0, 1, 1000).runWith(rig.sink(transport, endpoint), rig.system);
            assertThat(received.take(1)).isEqualTo(Rig.numbers(0, 1));
            try (Stream<Path> files = Files.walk(transport.directory())) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    assertThat(allocated(file)).as(file.toString()).isGreaterThanOrEqualTo(Files.size(file));
                }
            }
            received.cancel();
        }
    }

    private static long allocated(Path file) throws IOException {
        Process du = new ProcessBuilder("du", "-B1", file.toString()).start();
        return Long.parseLong(du.inputReader().readLine().split("\t", -1)[0]);
    }

    @Test
    void noHeartbeatGoesByTheWallClock() {
        try (TransportOwner owner = new TransportOwner(settings(""))) {
            Transport transport = owner.get();
            MappedByteBuffer books = IoUtil.mapExistingFile(
                    transport.directory().resolve("cnc.dat").toFile(), "books");
            long heartbeat = new ManyToOneRingBuffer(CncFileDescriptor.createToDriverBuffer(
                            books, CncFileDescriptor.createMetaDataBuffer(books)))
                    .consumerHeartbeatTime();
            IoUtil.unmap(books);
            long monotonic = TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
            assertThat(heartbeat).isBetween(monotonic - 60_000, monotonic);
            assertThat(transport.aeron().context().epochClock().time()).isBetween(monotonic, monotonic + 60_000);
        }
    }
}
