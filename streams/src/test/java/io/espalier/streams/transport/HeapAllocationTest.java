package io.espalier.streams.transport;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Optional;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The heap that a frame takes, at both ends together, does not grow with the frame. */
@Timeout(120)
class HeapAllocationTest {
    private static final int SMALL = 64 << 10;
    private static final int LARGE = 8 << 20;
    private static final int FRAMES = 200;
    /** Between one frame's cost and another's, in bytes. The large one has 128 times as many to send. */
    private static final long TOLERANCE = 16 << 10;

    private final Rig rig = new Rig();
    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @AfterEach
    void close() {
        rig.close();
    }

    @Test
    void aLargeFrameCostsTheHeapNoMoreThanASmallOne() {
        Transport transport = rig.open("term-length = 16 MiB");
        try (Arena arena = Arena.ofShared()) {
            MemorySegment small = arena.allocate(SMALL);
            MemorySegment large = arena.allocate(LARGE);
            allocated(transport, small);
            allocated(transport, large);
            long ofSmall = allocated(transport, small);
            long ofLarge = allocated(transport, large);
            System.out.println("heap bytes per frame: " + ofSmall + " of 64 KiB, " + ofLarge + " of 8 MiB");
            assertThat(ofLarge).isLessThan(ofSmall + TOLERANCE);
        }
    }

    /** Heap bytes of one frame, by all threads of this process. */
    private long allocated(Transport transport, MemorySegment payload) {
        Endpoint endpoint = transport.newEndpoint();
        long before = threads.getTotalThreadAllocatedBytes();
        java.util.concurrent.CompletionStage<org.apache.pekko.Done> received = ActivationSource.at(
                        transport, endpoint, Rig.EXPECTED, Optional.empty())
                .take(FRAMES)
                .runForeach(Frame::close, rig.system);
        FrameHeader header = Rig.header(0, payload.byteSize());
        Source.range(1, FRAMES)
                .map(_ -> new OutgoingFrame(header, List.of(payload), () -> {}))
                .runWith(rig.sink(transport, endpoint), rig.system);
        Rig.join(received);
        return (threads.getTotalThreadAllocatedBytes() - before) / FRAMES;
    }
}
