package io.espalier.actors.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import io.espalier.gpu.Refused;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.pekko.cluster.typed.Cluster;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A stranger who reaches the loopback interface is no member, and the parser of members' messages never hears one. */
@Timeout(120)
class StrangersTest {
    private static final long SEED = 3;

    @TempDir
    Path directory;

    private Node start(String name, Map<String, Object> more) throws InterruptedException {
        Map<String, Object> values = new HashMap<>(Map.of(
                "espalier.node.name",
                name,
                "espalier.node.state",
                directory.resolve(name).toString(),
                "espalier.node.control.join-timeout",
                "6 s"));
        values.putAll(more);
        return Node.start(
                NodeSettings.of(ConfigFactory.parseMap(values)),
                () -> new NodeParts(
                        GreetingHost::create, List.of(), new Heard()::coordinator, () -> directory, _ -> {}, () -> {}));
    }

    private Map<String, Object> identity(String name) {
        return Map.of("espalier.node.control.identity", directory.resolve(name).toString());
    }

    /** Inodes of this process's sockets that listen. */
    private static Set<String> listening() throws IOException {
        Set<String> inodes = new HashSet<>();
        for (String table : List.of("/proc/self/net/tcp", "/proc/self/net/tcp6")) {
            for (String line : Files.readAllLines(Path.of(table))) {
                String[] fields = line.strip().split("\\s+", -1);
                if (fields[3].equals("0A")) {
                    inodes.add("socket:[" + fields[9] + "]");
                }
            }
        }
        Set<String> ours = new HashSet<>();
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            for (Path descriptor : open.toList()) {
                if (Files.isSymbolicLink(descriptor)) {
                    ours.add(Files.readSymbolicLink(descriptor).toString());
                }
            }
        } catch (IOException closedMeanwhile) {
            // The rest was read.
        }
        inodes.retainAll(ours);
        return inodes;
    }

    @Test
    void aNodeThatIsTheWholeClusterListensNowhereAndHasACoordinator() throws Exception {
        Set<String> before = listening();
        try (Node node = start("alone", Map.of())) {
            Set<String> after = listening();
            after.removeAll(before);
            assertThat(after).isEmpty();
            assertThat(node.address()).isEqualTo("127.0.0.1:0");
            assertThat(Cluster.get(node.system()).state().getMembers()).hasSize(1);
        }
    }

    @Test
    void aStrangersBytesCostNothing() throws Exception {
        try (Node node = start("listens", identity("ours"))) {
            int port = Integer.parseInt(node.address().replaceFirst(".*:", ""));
            long before = cpuNanos();
            send(port, -1);
            Random random = new Random(SEED);
            for (int i = 0; i < 50; i++) {
                send(port, random.nextInt());
            }
            Thread.sleep(1_000);
            assertThat(Duration.ofNanos(cpuNanos() - before))
                    .as("one frame of a negative length kept a core busy for ever")
                    .isLessThan(Duration.ofSeconds(8));
            long quiet = cpuNanos();
            Thread.sleep(2_000);
            assertThat(Duration.ofNanos(cpuNanos() - quiet)).as("afterwards").isLessThan(Duration.ofMillis(1_500));
            try (Node friend = start(
                    "friend",
                    Map.of(
                            "espalier.node.control.identity",
                            directory.resolve("ours").toString(),
                            "espalier.node.control.seeds",
                            List.of(node.address())))) {
                assertThat(friend.address()).isNotEmpty();
            }
        }
    }

    private static long cpuNanos() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean os
                ? os.getProcessCpuTime()
                : 0;
    }

    /** Sends bytes that begin as Artery's frames do: its name, a stream, and a length. */
    private static void send(int port, int length) throws IOException {
        byte[] frame = new byte[209];
        new Random(length).nextBytes(frame);
        ByteBuffer.wrap(frame)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put("AKKA".getBytes(StandardCharsets.US_ASCII))
                .put((byte) 1)
                .putInt(length);
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write(frame);
            socket.getOutputStream().flush();
            // A TLS alert, and the end.
            socket.getInputStream().readAllBytes();
        } catch (SocketException reset) {
            // A reset is as good as an end.
        }
    }

    @Test
    void aNodeOfAnotherUserIsNotTakenIn() throws Exception {
        try (Node node = start("theirs", identity("ours"))) {
            Map<String, Object> values = new HashMap<>(identity("others"));
            values.put("espalier.node.control.seeds", List.of(node.address()));
            assertThatThrownBy(() -> start("evil", values).close())
                    .isInstanceOfSatisfying(
                            Refused.class,
                            refused -> assertThat(refused.reason()).isEqualTo(Refused.Reason.TRY_AGAIN));
            assertThat(Cluster.get(node.system()).state().getMembers()).hasSize(1);
        }
    }

    @Test
    void theKeyIsItsOwnersAloneAndADirectoryThatOthersMayEnterIsRefused() throws Exception {
        TlsFiles files = Identity.shared(directory.resolve("identity"));
        assertThat(mode(directory.resolve("identity"))).isEqualTo("rwx------");
        assertThat(mode(files.key())).isEqualTo("rw-------");
        String key = Files.readString(files.key());
        assertThat(Identity.shared(directory.resolve("identity"))).isEqualTo(files);
        assertThat(Files.readString(files.key())).isEqualTo(key);
        Identity.renew(directory.resolve("identity"));
        assertThat(Files.readString(files.key())).isNotEqualTo(key);
        PemEngines.context(files);
        Path open = Files.createDirectory(directory.resolve("open"));
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
        Path link = Files.createSymbolicLink(directory.resolve("link"), directory.resolve("identity"));
        for (Path planted : List.of(open, link)) {
            assertThatThrownBy(() -> Identity.shared(planted))
                    .isInstanceOf(Refused.class)
                    .hasMessageContaining(planted + ": must be a directory");
        }
    }

    private static String mode(Path file) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }
}
