package io.espalier.streams.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.Stream;
import org.apache.pekko.Done;
import org.apache.pekko.stream.KillSwitch;
import org.apache.pekko.stream.KillSwitches;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Large frames go through memory that both ends have mapped, small ones through the log, in one order; that memory is bounded by
 * the window, and none is lost to a receiver or a sender that dies.
 */
@Timeout(120)
class SharedMemoryLinkTest {
    private static final int KIB = 1 << 10;
    private static final int MIB = 1 << 20;

    @TempDir
    Path folder;

    private final Rig rig = new Rig();

    @AfterEach
    void close() {
        rig.close();
    }

    private static long files(Transport transport) {
        try (Stream<Path> files = Files.list(transport.directory().resolve("slots"))) {
            return files.count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void framesAroundTheThresholdArriveInOrderWhateverTheConsumerKeeps() {
        long seed = Long.getLong("espalier.fuzz.seed", Rig.SEED);
        System.out.println("interleaving seed " + seed);
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        int threshold = 64 * KIB;
        int count = 400;
        int[] sizes = random.ints(count, 0, 6)
                .map(kind -> switch (kind) {
                    case 0 -> random.nextInt(3);
                    case 1 -> threshold - 1 + random.nextInt(3);
                    case 2 -> random.nextInt(threshold);
                    case 3 -> threshold + random.nextInt(4 * threshold);
                    // Pieces, and their borders.
                    case 4 -> 128 * KIB * (1 + random.nextInt(4)) - 1 + random.nextInt(3);
                    default -> random.nextInt(2 * MIB);
                })
                .toArray();
        Transport transport = rig.open("window-frames = 3, shared-from = 64 KiB, shared-memory = 3 MiB");
        Endpoint endpoint = transport.newEndpoint();
        Receiver received = rig.receive(transport, endpoint);
        CompletionStage<Done> sent = Source.range(0, count - 1)
                .map(i -> rig.frame(i, sizes[i]))
                .runWith(rig.sink(transport, endpoint), rig.system);
        Deque<Frame> kept = new ArrayDeque<>();
        List<Long> sequences = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            kept.add(received.next());
            while (kept.size() > random.nextInt(5)) {
                try (Frame frame = kept.poll()) {
                    long sequence = frame.header().sequence();
                    assertThat(Rig.hash(frame.payload()))
                            .as("bytes of frame %d (seed %d)", sequence, seed)
                            .isEqualTo(Rig.hash(sequence, sizes[(int) sequence]));
                    sequences.add(sequence);
                }
            }
        }
        kept.forEach(frame -> {
            sequences.add(frame.header().sequence());
            frame.close();
        });
        assertThat(sequences).as("seed %d", seed).isEqualTo(Rig.numbers(0, count));
        Rig.join(sent);
        // What is larger than a third of the shared memory does not fit a slot.
        assertThat(transport.counters().sharedOut())
                .as("seed %d", seed)
                .isEqualTo(java.util.Arrays.stream(sizes)
                        .filter(size -> size >= threshold && size <= MIB)
                        .count());
    }

    @Test
    void whatIsMappedIsBoundedByTheWindowHoweverLongTheConsumerRests() {
        int window = 2;
        Transport transport = rig.open("send-ahead = 512 KiB, window-frames = " + window);
        Endpoint endpoint = transport.newEndpoint();
        Receiver received = rig.receive(transport, endpoint);
        rig.frames(0, 1000, MIB).runWith(rig.sink(transport, endpoint), rig.system);
        Rig.await("the sender waits", () -> transport.counters().backPressured() > 100);
        assertThat(rig.made.get()).isLessThanOrEqualTo(2 * window + 2);
        assertThat(received.take(40)).isEqualTo(Rig.numbers(0, 40));
        assertThat(transport.counters().memory().shared()).isLessThanOrEqualTo(2L * window * MIB);
        assertThat(files(transport)).as("names of what both have mapped").isZero();
        received.cancel();
    }

    @Test
    void framesThatADeadReceiverKeptCostItsSuccessorNoSlots() {
        String liveness = "window-frames = 2, give-up-after = 1 s, client-liveness = 1500 ms";
        Transport sender = rig.open(liveness);
        Transport first = rig.open(Rig.settings(liveness).withDriverAt(sender.directory()));
        Endpoint endpoint = first.newEndpoint();
        Receiver received = rig.receive(first, endpoint);
        rig.frames(0, 100_000, MIB).runWith(rig.sink(sender, endpoint), rig.system);
        // Never closed while its process lives: it lies in a slot.
        Frame kept = received.next();
        Rig.await("all slots are in use", () -> sender.counters().backPressured() > 10);
        received.cancel();
        first.close();
        Rig.await("a frame is given up", () -> sender.counters().gaveUp() > 0);
        Transport second = rig.open(Rig.settings(liveness).withDriverAt(sender.directory()));
        Receiver successor = rig.receive(second, endpoint);
        long before = sender.counters().sharedOut();
        List<Long> sequences = successor.take(20);
        assertThat(sequences).isSorted().doesNotHaveDuplicates();
        assertThat(sender.counters().sharedOut()).isGreaterThanOrEqualTo(before + 20);
        assertThat(sender.counters().memory().shared()).isLessThanOrEqualTo(2L * MIB);
        assertThat(Rig.hash(kept.payload())).as("what is kept stays as it was").isEqualTo(Rig.hash(0, MIB));
        kept.close();
        assertThat(first.counters().memory().shared()).isZero();
    }

    @Test
    void theLastFramesOfASenderThatHasEndedArrive() {
        Transport transport = rig.open("window-frames = 3");
        Endpoint endpoint = transport.newEndpoint();
        Receiver received = rig.receive(transport, endpoint);
        // One that the consumer holds, the window, and one in the slot that is not lent.
        int all = 5;
        CompletionStage<Done> sent = rig.frames(0, all, MIB).runWith(rig.sink(transport, endpoint), rig.system);
        Rig.join(sent);
        assertThat(transport.counters().framesIn()).isLessThan(all);
        assertThat(received.take(all)).isEqualTo(Rig.numbers(0, all));
        Rig.await(
                "both ends have unmapped it",
                () -> transport.counters().memory().shared() == 0);
        assertThat(files(transport)).isZero();
    }

    @Test
    void aSenderThatIsStoppedLeavesWhatItHadSentAndNothingElse() {
        Transport transport = rig.open("window-frames = 2");
        Endpoint endpoint = transport.newEndpoint();
        Receiver received = rig.receive(transport, endpoint);
        KillSwitch stop = rig.frames(0, 100, 2 * MIB)
                .viaMat(KillSwitches.single(), Keep.right())
                .to(rig.sink(transport, endpoint))
                .run(rig.system);
        Rig.await("the sender waits for a slot", () -> transport.counters().backPressured() > 10);
        int sent = (int) transport.counters().framesOut();
        stop.abort(new IllegalStateException("stopped"));
        rig.awaitAllReleased();
        assertThat(received.take(sent)).isEqualTo(Rig.numbers(0, sent));
        Rig.await(
                "both ends have unmapped it",
                () -> transport.counters().memory().shared() == 0);
        assertThat(files(transport)).isZero();
    }

    @Test
    void aSenderThatIsCutOffGoesOnWithNewSlots() throws IOException {
        Path cut = folder.resolve("cut");
        Transport receiver = rig.open("");
        Transport sender = rig.open(Rig.settings("give-up-after = 300 ms, loss.cut-while = \"" + cut + "\"")
                .withDriverAt(receiver.directory()));
        Endpoint endpoint = receiver.newEndpoint();
        Receiver received = rig.receive(receiver, endpoint);
        CompletionStage<Done> sent = rig.frames(0, 400, 512 * KIB).runWith(rig.sink(sender, endpoint), rig.system);
        assertThat(received.take(3)).isEqualTo(Rig.numbers(0, 3));
        Files.createFile(cut);
        Rig.await("a frame is given up", () -> sender.counters().gaveUp() > 0);
        Files.delete(cut);
        long before = sender.counters().sharedOut();
        List<Long> rest = received.take(20);
        assertThat(rest).isSorted().doesNotHaveDuplicates();
        assertThat(sender.counters().sharedOut()).isGreaterThan(before);
        assertThat(sent.toCompletableFuture()).isNotDone();
        assertThat(rig.lost).isEmpty();
    }

    @Test
    void nobodyElseMayEnterTheDirectoryOfADriver() throws IOException {
        Transport transport = rig.open("");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(transport.directory())))
                .isEqualTo("rwx------");
    }

    @Test
    void theOtherEndOfALinkThroughTheLogIsTheSame() {
        Transport sender = rig.open("shared-memory = 0");
        Transport receiver = rig.open(Rig.settings("").withDriverAt(sender.directory()));
        Endpoint endpoint = receiver.newEndpoint();
        Receiver received = rig.receive(receiver, endpoint);
        rig.frames(0, 5, MIB).runWith(rig.sink(sender, endpoint), rig.system);
        assertThat(received.take(5)).isEqualTo(Rig.numbers(0, 5));
        assertThat(sender.counters().sharedOut()).isZero();
        assertThat(Files.exists(sender.directory().resolve("slots"))).isFalse();
    }
}
