package io.espalier.streams.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.Done;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.KillSwitches;
import org.apache.pekko.stream.UniqueKillSwitch;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Sink;

/** A consumer that holds one frame and pulls the next when the test has taken that one. Closes what the test does not take. */
final class Receiver {
    private static final long PATIENCE_SECONDS = 30;

    private record Held(Frame frame, CompletableFuture<Done> taken) {}

    private final BlockingQueue<Held> held = new LinkedBlockingQueue<>();
    private final UniqueKillSwitch stop;
    private final CompletionStage<Done> ended;
    private boolean cancelled;

    Receiver(Rig rig, Transport transport, Endpoint endpoint, Optional<FrameKey> key) {
        Pair<UniqueKillSwitch, CompletionStage<Done>> running = ActivationSource.at(
                        transport, endpoint, Rig.EXPECTED, key)
                .viaMat(KillSwitches.single(), Keep.right())
                .mapAsync(1, this::hold)
                .toMat(Sink.ignore(), Keep.both())
                .run(rig.system);
        stop = running.first();
        ended = running.second();
    }

    private synchronized CompletionStage<Done> hold(Frame frame) {
        CompletableFuture<Done> taken = new CompletableFuture<>();
        if (cancelled) {
            frame.close();
        } else {
            held.add(new Held(frame, taken));
        }
        return taken;
    }

    CompletionStage<Done> ended() {
        return ended;
    }

    /** The next frame, for the caller to close. */
    Frame next() {
        try {
            Held next = held.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
            assertThat(next).as("a frame within %d s", PATIENCE_SECONDS).isNotNull();
            next.taken().complete(Done.getInstance());
            return next.frame();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Takes this many frames and says their sequence numbers, after their bytes were found right. */
    List<Long> take(int count) {
        List<Long> sequences = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            try (Frame frame = next()) {
                long sequence = frame.header().sequence();
                assertThat(Rig.hash(frame.payload()))
                        .as("bytes of frame %d (seed %d)", sequence, Rig.SEED)
                        .isEqualTo(Rig.hash(sequence, (int) frame.payload().byteSize()));
                sequences.add(sequence);
            }
        }
        return sequences;
    }

    synchronized void cancel() {
        cancelled = true;
        stop.shutdown();
        held.forEach(one -> {
            one.frame().close();
            one.taken().complete(Done.getInstance());
        });
        held.clear();
    }
}
