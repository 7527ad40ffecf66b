package io.espalier.actors.bench;

import io.espalier.streams.transport.ActivationSink;
import io.espalier.streams.transport.ActivationSource;
import io.espalier.streams.transport.Endpoint;
import io.espalier.streams.transport.Frame;
import io.espalier.streams.transport.OutgoingFrame;
import io.espalier.streams.transport.Transport;
import io.espalier.streams.transport.TransportSettings.ChannelKind;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.stream.javadsl.Source;

/** Frames through the stages that distil in earnest, checksums on. */
final class AeronLane implements TransportLane {
    private final ChannelKind kind;
    private final PeerProcess peer;
    private final ActorSystem system;
    private final Transport transport;

    AeronLane(ChannelKind kind, PeerProcess peer, ActorSystem system) {
        this.kind = kind;
        this.peer = peer;
        this.system = system;
        this.transport = AeronFrames.open(AeronFrames.settings(kind));
    }

    @Override
    public String label() {
        return "Aeron " + kind;
    }

    private String order(String verb, int bytes, int frames, Endpoint to) {
        return String.join(
                " ",
                verb,
                kind.name(),
                transport.directory().toString(),
                Integer.toString(bytes),
                Integer.toString(frames),
                to.channel(),
                Integer.toString(to.streamId()));
    }

    private Source<Frame, ?> receive(Endpoint endpoint, int frames) {
        return ActivationSource.at(transport, endpoint, AeronFrames.EXPECTED, endpoint.sealed(AeronFrames.KEY))
                .take(frames);
    }

    @Override
    public double streamSeconds(int bytes, int warmup, int frames) {
        Endpoint endpoint = transport.newEndpoint();
        long[] start = new long[1];
        int[] seen = new int[1];
        CompletionStage<Done> received = receive(endpoint, warmup + frames)
                .runForeach(
                        frame -> {
                            frame.close();
                            if (++seen[0] == warmup) {
                                start[0] = System.nanoTime();
                            }
                        },
                        system);
        peer.order(order(TransportPeer.AERON_STREAM, bytes, warmup + frames, endpoint));
        received.toCompletableFuture().join();
        double seconds = (System.nanoTime() - start[0]) / 1e9;
        peer.answer();
        return seconds;
    }

    @Override
    public long[] roundTripNanos(int bytes, int frames) {
        Endpoint endpoint = transport.newEndpoint();
        long[] nanos = new long[frames];
        try (Arena arena = Arena.ofShared()) {
            MemorySegment payload = arena.allocate(bytes);
            CompletableFuture<Done>[] back = futures(frames + 1);
            back[0].complete(Done.getInstance());
            CompletionStage<Done> received = receive(endpoint, frames)
                    .runForeach(
                            frame -> {
                                int number = (int) frame.header().sequence();
                                frame.close();
                                nanos[number] += System.nanoTime();
                                back[number + 1].complete(Done.getInstance());
                            },
                            system);
            peer.order(order(TransportPeer.AERON_ECHO, bytes, frames, endpoint));
            String[] answer = peer.answer().split(" ", -1);
            Source<OutgoingFrame, ?> sent = Source.range(0, frames - 1)
                    .mapAsync(
                            1,
                            i -> back[i].thenApply(_ -> {
                                nanos[i] -= System.nanoTime();
                                return AeronFrames.frame(i, payload);
                            }));
            Endpoint to = new Endpoint(answer[0], Integer.parseInt(answer[1]));
            CompletionStage<Done> out = sent.runWith(
                    ActivationSink.to(transport, to, to.sealed(AeronFrames.KEY), AeronFrames::requireOffered), system);
            out.toCompletableFuture().join();
            received.toCompletableFuture().join();
            peer.answer();
        }
        return nanos;
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private static CompletableFuture<Done>[] futures(int count) {
        CompletableFuture<Done>[] futures = new CompletableFuture[count];
        java.util.Arrays.setAll(futures, _ -> new CompletableFuture<>());
        return futures;
    }

    @Override
    public void close() {
        transport.close();
    }
}
