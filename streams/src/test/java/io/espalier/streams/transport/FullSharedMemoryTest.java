package io.espalier.streams.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Memory that is small, or is filled up by somebody else while links are open, costs speed and not the links: in a process with
 * a file system of its own in memory, of that size. Needs root.
 */
@Tag("full")
@Timeout(180)
class FullSharedMemoryTest {
    private static final String DONE = "all frames have arrived";

    @TempDir
    Path memory;

    @TempDir
    Path disk;

    /** The process: sends frames over one link, fills the memory, and sends frames over another. */
    static final class Sender {
        private Sender() {}

        static void main(String[] arguments) throws Exception {
            Path memory = Path.of(arguments[0]);
            Rig rig = new Rig();
            TransportOwner owner = new TransportOwner(
                    Rig.settings("memory = \"" + memory + "\", disk = \"" + arguments[1] + "\", term-length = 4 MiB"));
            send(rig, owner, 0);
            System.out.println("first in " + owner.get().directory());
            fill(memory.resolve("filler"));
            // Links that are open go on; a link that is opened now finds room elsewhere, if not at once.
            for (int attempt = 1; ; attempt++) {
                try {
                    send(rig, owner, attempt * 10);
                    break;
                } catch (RuntimeException | AssertionError e) {
                    System.out.println("again: " + e.getMessage());
                }
            }
            System.out.println("then in " + owner.get().directory());
            System.out.println(DONE);
            Runtime.getRuntime().halt(0);
        }

        private static void send(Rig rig, TransportOwner owner, int first) {
            Transport transport = owner.get();
            Endpoint endpoint = transport.newEndpoint();
            Receiver received = rig.receive(transport, endpoint);
            // Enough to go through all of the log.
            rig.frames(first, 10, 3 << 20).runWith(rig.sink(transport, endpoint), rig.system);
            assertThat(received.take(10)).isEqualTo(Rig.numbers(first, 10));
        }

        private static void fill(Path filler) {
            try (OutputStream out = Files.newOutputStream(filler)) {
                byte[] piece = new byte[4096];
                while (true) {
                    out.write(piece);
                }
            } catch (IOException full) {
                System.out.println("full: " + full.getMessage());
            }
        }
    }

    @BeforeAll
    static void mayMount() throws Exception {
        Process probe = new ProcessBuilder("unshare", "-m", "--propagation", "private", "true").start();
        Assumptions.assumeTrue(probe.waitFor() == 0, "a namespace of mounts needs root");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1m", "26m", "64m"})
    void framesArriveWhateverRoomThereIs(String size) throws Exception {
        Path log = disk.resolve("log");
        ProcessBuilder builder = new ProcessBuilder(List.of(
                "unshare",
                "-m",
                "--propagation",
                "private",
                "sh",
                "-c",
                "mount -t tmpfs -o size=" + size + " none \"$1\" && shift && exec \"$@\"",
                "sh",
                memory.toString(),
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-Xmx256m",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED",
                Sender.class.getName(),
                memory.toString(),
                disk.toString()));
        builder.environment()
                .put(
                        "CLASSPATH",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")));
        Process process =
                builder.redirectErrorStream(true).redirectOutput(log.toFile()).start();
        try {
            assertThat(process.waitFor(150, TimeUnit.SECONDS))
                    .as(Files.readString(log))
                    .isTrue();
            assertThat(process.exitValue()).as(Files.readString(log)).isZero();
            assertThat(Files.readString(log)).contains(DONE);
        } finally {
            process.destroyForcibly();
        }
    }
}
