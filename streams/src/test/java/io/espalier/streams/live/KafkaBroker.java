package io.espalier.streams.live;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Properties;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import kafka.tools.StorageTool;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;

/**
 * A real broker of one node, that can be stopped and started again over the same files and port: in this process, or in one
 * of its own, which can be killed.
 */
final class KafkaBroker implements AutoCloseable {
    private static final String SCHEME = "PLAINTEXT://";

    private final Properties properties = new Properties();
    private final String address;
    private KafkaRaftServer server;

    /** @param directory of a new broker, or of one that was stopped */
    KafkaBroker(Path directory) {
        Path file = directory.resolve("server.properties");
        if (Files.exists(file)) {
            read(file);
        } else {
            choose(directory);
            format(file);
        }
        address = properties.getProperty("advertised.listeners").substring(SCHEME.length());
        start();
    }

    /**
     * Takes the directory, in which a file {@code address} says where the broker is once it answers. Ends with its input, so
     * that it does not outlive who has started it.
     */
    public static void main(String[] arguments) throws IOException {
        Path directory = Path.of(arguments[0]);
        try (KafkaBroker broker = new KafkaBroker(directory)) {
            Path next = Files.writeString(directory.resolve("address.tmp"), broker.address);
            Files.move(next, directory.resolve("address"), StandardCopyOption.ATOMIC_MOVE);
            System.in.transferTo(OutputStream.nullOutputStream());
        }
    }

    private void choose(Path directory) {
        String listener = SCHEME + "127.0.0.1:" + freePort();
        int controller = freePort();
        properties.putAll(Map.ofEntries(
                Map.entry("process.roles", "broker,controller"),
                Map.entry("node.id", "1"),
                Map.entry("controller.quorum.voters", "1@127.0.0.1:" + controller),
                Map.entry("listeners", listener + ",CONTROLLER://127.0.0.1:" + controller),
                Map.entry("advertised.listeners", listener),
                Map.entry("controller.listener.names", "CONTROLLER"),
                Map.entry("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT"),
                Map.entry("inter.broker.listener.name", "PLAINTEXT"),
                Map.entry("log.dirs", directory.resolve("logs").toString()),
                Map.entry("offsets.topic.replication.factor", "1"),
                Map.entry("offsets.topic.num.partitions", "1"),
                Map.entry("transaction.state.log.replication.factor", "1"),
                Map.entry("transaction.state.log.min.isr", "1"),
                Map.entry("transaction.state.log.num.partitions", "1"),
                Map.entry("share.coordinator.state.topic.replication.factor", "1"),
                Map.entry("share.coordinator.state.topic.min.isr", "1"),
                Map.entry("auto.create.topics.enable", "false")));
    }

    private void read(Path file) {
        try (Reader in = Files.newBufferedReader(file)) {
            properties.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void format(Path file) {
        try {
            Files.createDirectories(file.getParent());
            try (Writer out = Files.newBufferedWriter(file)) {
                properties.store(out, null);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        int exit = StorageTool.execute(
                new String[] {"format", "-t", Uuid.randomUuid().toString(), "-c", file.toString()},
                new PrintStream(said, true, StandardCharsets.UTF_8));
        if (exit != 0) {
            throw new IllegalStateException(said.toString(StandardCharsets.UTF_8));
        }
    }

    void start() {
        server = new KafkaRaftServer(KafkaConfig.fromProps(properties), Time.SYSTEM);
        server.startup();
    }

    void stop() {
        server.shutdown();
        server.awaitShutdown();
    }

    String address() {
        return address;
    }

    Admin admin() {
        return Admin.create(Map.of("bootstrap.servers", address));
    }

    @Override
    public void close() {
        stop();
    }
}
