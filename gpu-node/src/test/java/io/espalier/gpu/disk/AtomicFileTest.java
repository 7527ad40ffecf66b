package io.espalier.gpu.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.gpu.Refused;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {
    @TempDir
    Path directory;

    @Test
    void aFileIsReplacedAsAWhole() throws IOException {
        Path file = directory.resolve("status.json");
        AtomicFile.write(file, "one");
        AtomicFile.write(file, "two");
        assertThat(file).hasContent("two");
        assertThat(names()).containsExactly("status.json");
    }

    @Test
    void aFullDiskLeavesTheFileAsItWasAndNothingBesideIt() throws IOException {
        Path file = directory.resolve("status.json");
        AtomicFile.write(file, "one");
        try (FullDisk _ = FullDisk.below(directory)) {
            assertThatThrownBy(() -> AtomicFile.write(file, "two"))
                    .isInstanceOfSatisfying(
                            Refused.class, e -> assertThat(e.reason()).isEqualTo(Refused.Reason.TRY_AGAIN))
                    .hasMessage(file + ": no space left on the disk");
        }
        assertThat(file).hasContent("one");
        assertThat(names()).containsExactly("status.json");
        AtomicFile.write(file, "three");
        assertThat(file).hasContent("three");
    }

    @Test
    void contentThatFailsHalfWayLeavesTheFileAsItWas() throws IOException {
        Path file = directory.resolve("scores");
        AtomicFile.write(file, "one");
        assertThatThrownBy(() -> AtomicFile.write(file, out -> {
                    out.write("tw".getBytes(StandardCharsets.UTF_8));
                    throw new IllegalStateException("the source failed");
                }))
                .hasMessage("the source failed");
        assertThat(file).hasContent("one");
        assertThat(names()).containsExactly("scores");
    }

    @Test
    void whatAKillHasLeftIsWrittenAnewAndNotFollowed() throws IOException {
        Path other = Files.writeString(directory.resolve("other"), "untouched");
        Files.createSymbolicLink(directory.resolve(".status.json.tmp"), other);
        AtomicFile.write(directory.resolve("status.json"), "one");
        assertThat(directory.resolve("status.json")).hasContent("one");
        assertThat(other).hasContent("untouched");
    }

    @Test
    void aNewFileHasTheModeThatIsAskedFor() throws IOException {
        Path file = directory.resolve("secret");
        AtomicFile.write(
                file,
                new byte[] {1},
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        assertThat(Files.getPosixFilePermissions(file)).isEqualTo(PosixFilePermissions.fromString("rw-------"));
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(path -> path.getFileName().toString()).toList();
        }
    }
}
