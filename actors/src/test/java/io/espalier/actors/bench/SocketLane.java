package io.espalier.actors.bench;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A lane through a plain blocking socket, from and into one direct buffer, unchecked: the most that the system alone
 * can do.
 */
final class SocketLane implements TransportLane {
    private final PeerProcess peer;
    private final String label;
    private final ServerSocketChannel server;
    private final SocketChannel channel;
    private final Path folder;

    private SocketLane(PeerProcess peer, String label, ServerSocketChannel server, String address, Path folder)
            throws IOException {
        this.peer = peer;
        this.label = label;
        this.server = server;
        this.folder = folder;
        peer.order(TransportPeer.CONNECT + " " + name() + " " + address);
        channel = server.accept();
        peer.answer();
    }

    static SocketLane tcp(PeerProcess peer) throws IOException {
        ServerSocketChannel server = ServerSocketChannel.open();
        server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        int port = ((InetSocketAddress) server.getLocalAddress()).getPort();
        return new SocketLane(peer, TransportBenchmark.TCP, server, Integer.toString(port), null);
    }

    static SocketLane unix(PeerProcess peer) throws IOException {
        Path folder = Files.createTempDirectory("espalier-bench");
        Path path = folder.resolve("socket");
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(path));
        return new SocketLane(peer, "Unix socket", server, path.toString(), folder);
    }

    /** Connects to what {@link #tcp} or {@link #unix} has told the peer. */
    static SocketChannel connect(String address) throws IOException {
        SocketAddress to = address.startsWith("/")
                ? UnixDomainSocketAddress.of(address)
                : new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(address));
        return SocketChannel.open(to);
    }

    static void readFully(SocketChannel channel, ByteBuffer buffer) throws IOException {
        buffer.clear();
        while (buffer.hasRemaining()) {
            if (channel.read(buffer) < 0) {
                throw new EOFException("bench transport: the other end has closed the socket");
            }
        }
    }

    static void writeFully(SocketChannel channel, ByteBuffer buffer) throws IOException {
        buffer.clear();
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }

    @Override
    public String label() {
        return label;
    }

    /** The label as one word. */
    private String name() {
        return label.replace(' ', '-');
    }

    private void order(String verb, int bytes, int frames) {
        peer.order(verb + " " + name() + " " + bytes + " " + frames);
    }

    @Override
    public double streamSeconds(int bytes, int warmup, int frames) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocateDirect(bytes);
        order(TransportPeer.SOCKET_STREAM, bytes, warmup + frames);
        for (int i = 0; i < warmup; i++) {
            readFully(channel, buffer);
        }
        long start = System.nanoTime();
        for (int i = 0; i < frames; i++) {
            readFully(channel, buffer);
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        peer.answer();
        return seconds;
    }

    @Override
    public long[] roundTripNanos(int bytes, int frames) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocateDirect(bytes);
        order(TransportPeer.SOCKET_ECHO, bytes, frames);
        long[] nanos = new long[frames];
        for (int i = 0; i < frames; i++) {
            long start = System.nanoTime();
            writeFully(channel, buffer);
            readFully(channel, buffer);
            nanos[i] = System.nanoTime() - start;
        }
        peer.answer();
        return nanos;
    }

    @Override
    public void close() throws IOException {
        channel.close();
        server.close();
        if (folder != null) {
            Files.deleteIfExists(folder.resolve("socket"));
            Files.deleteIfExists(folder);
        }
    }
}
