package io.espalier.gpu.disk;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.gpu.Refused;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class DiskFaultTest {
    private static final Path FILE = Path.of("out", "events.jsonl");

    @Test
    void aDiskThatFailsIsKnownByWhatTheSystemSays() {
        assertThat(DiskFault.of(new FileSystemException("f", null, "No space left on device")))
                .contains(DiskFault.FULL);
        assertThat(DiskFault.of(new IOException("Disk quota exceeded"))).contains(DiskFault.QUOTA);
        assertThat(DiskFault.of(new FileSystemException("f", null, "Read-only file system")))
                .contains(DiskFault.READ_ONLY);
        assertThat(DiskFault.of(new IOException("Input/output error"))).contains(DiskFault.BROKEN);
    }

    @Test
    void aFaultIsFoundWhereverItStandsInTheChainOfCauses() {
        Throwable failure = new IllegalStateException(
                new UncheckedIOException(new FileSystemException("f", null, "No space left on device")));
        assertThat(DiskFault.of(failure)).contains(DiskFault.FULL);
    }

    @Test
    void otherFailuresAreNone() {
        assertThat(DiskFault.of(new NoSuchFileException("f"))).isEmpty();
        assertThat(DiskFault.of(new IllegalStateException("no space left in the queue")))
                .isEmpty();
    }

    @Test
    void aFaultIsToBeTriedAgainAndAnythingElseIsNot() {
        assertThat(DiskFault.failure(FILE, new IOException("Read-only file system")))
                .isInstanceOfSatisfying(
                        Refused.class, e -> assertThat(e.reason()).isEqualTo(Refused.Reason.TRY_AGAIN))
                .hasMessage(FILE + ": the file system is read-only");
        assertThat(DiskFault.failure(FILE, new IOException("odd"))).isInstanceOf(UncheckedIOException.class);
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void theSystemsOwnErrorIsKnown() throws IOException {
        try (FileChannel full = FileChannel.open(Path.of("/dev/full"), StandardOpenOption.WRITE)) {
            full.write(ByteBuffer.wrap(new byte[] {1}));
            throw new AssertionError("a full device took a byte");
        } catch (IOException e) {
            assertThat(DiskFault.of(e)).contains(DiskFault.FULL);
        }
    }
}
