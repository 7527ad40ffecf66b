package io.espalier.actors.bench;

import io.espalier.actors.job.EspalierConfig;
import io.espalier.streams.transport.ActivationSink;
import io.espalier.streams.transport.ActivationSource;
import io.espalier.streams.transport.Endpoint;
import io.espalier.streams.transport.OutgoingFrame;
import io.espalier.streams.transport.Transport;
import io.espalier.streams.transport.TransportSettings.ChannelKind;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;

/** The second process of the benchmark: it does what it is told, line by line, until there are no more lines. */
public final class TransportPeer implements AutoCloseable {
    static final String AERON_STREAM = "aeron-stream";
    static final String AERON_ECHO = "aeron-echo";
    static final String CONNECT = "connect";
    static final String SOCKET_STREAM = "socket-stream";
    static final String SOCKET_ECHO = "socket-echo";

    private static final String DONE = "done";

    private final BufferedReader orders;
    private final PrintStream answers;
    private final ActorSystem system = ActorSystem.create("espalier-bench-peer", EspalierConfig.load());
    private final Map<ChannelKind, Transport> transports = new EnumMap<>(ChannelKind.class);
    private final Map<String, SocketChannel> sockets = new HashMap<>();

    public TransportPeer(BufferedReader orders, PrintStream answers) {
        this.orders = orders;
        this.answers = answers;
    }

    /** Serves until there are no more orders. */
    public void run() throws IOException {
        for (String line = orders.readLine(); line != null; line = orders.readLine()) {
            List<String> words = List.of(line.split(" ", -1));
            switch (words.getFirst()) {
                case AERON_STREAM -> stream(words);
                case AERON_ECHO -> echo(words);
                case CONNECT -> sockets.put(words.get(1), SocketLane.connect(words.get(2)));
                case SOCKET_STREAM -> streamSocket(words);
                case SOCKET_ECHO -> echoSocket(words);
                default -> throw new IllegalArgumentException("bench transport: " + line);
            }
            answers.println(DONE);
        }
    }

    private static int number(List<String> words, int index) {
        return Integer.parseInt(words.get(index));
    }

    /**
     * The transport of a kind: on one host by the first process's driver, by UDP with a driver of its own, as another
     * host would have.
     */
    private Transport transport(List<String> words) {
        return transports.computeIfAbsent(ChannelKind.valueOf(words.get(1)), kind -> switch (kind) {
            case IPC -> AeronFrames.openAt(kind, Path.of(words.get(2)));
            case UDP -> AeronFrames.open(AeronFrames.settings(kind));
        });
    }

    private Sink<OutgoingFrame, CompletionStage<Done>> sink(List<String> words) {
        Endpoint to = new Endpoint(words.get(5), number(words, 6));
        return ActivationSink.to(transport(words), to, to.sealed(AeronFrames.KEY), AeronFrames::requireOffered);
    }

    private void stream(List<String> words) {
        try (Arena arena = Arena.ofShared()) {
            MemorySegment payload = arena.allocate(number(words, 3));
            Source.range(0, number(words, 4) - 1)
                    .map(i -> AeronFrames.frame(i, payload))
                    .runWith(sink(words), system)
                    .toCompletableFuture()
                    .join();
        }
    }

    private void echo(List<String> words) {
        Transport transport = transport(words);
        Endpoint endpoint = transport.newEndpoint();
        CompletionStage<Done> echoed = ActivationSource.at(
                        transport, endpoint, AeronFrames.EXPECTED, endpoint.sealed(AeronFrames.KEY))
                .take(number(words, 4))
                .map(frame -> new OutgoingFrame(frame.header(), List.of(frame.payload()), frame::close))
                .runWith(sink(words), system);
        answers.println(endpoint.channel() + " " + endpoint.streamId());
        echoed.toCompletableFuture().join();
    }

    private void streamSocket(List<String> words) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocateDirect(number(words, 2));
        SocketChannel socket = sockets.get(words.get(1));
        for (int i = 0; i < number(words, 3); i++) {
            SocketLane.writeFully(socket, buffer);
        }
    }

    private void echoSocket(List<String> words) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocateDirect(number(words, 2));
        SocketChannel socket = sockets.get(words.get(1));
        for (int i = 0; i < number(words, 3); i++) {
            SocketLane.readFully(socket, buffer);
            SocketLane.writeFully(socket, buffer);
        }
    }

    @Override
    public void close() throws IOException {
        for (SocketChannel socket : sockets.values()) {
            socket.close();
        }
        transports.values().forEach(Transport::close);
        system.terminate();
    }
}
