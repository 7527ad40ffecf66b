package io.espalier.actors.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.gpu.torch.NativeLibrary;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The doctor looks at everything, and loads the native library where a crash of it does not take the answer along. */
@Tag("full")
@Timeout(120)
class DoctorTest {
    @Test
    void theBuiltInLibraryIsLoadedAndItsDevicesAreListed() throws IOException {
        CommandLineRun run = CommandLineRun.of("doctor", "--json");
        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).contains("JDK", "native PyTorch", "threads", "memory", "disk", "/dev/shm", "port");
        JsonNode library = new ObjectMapper().readTree(run.out()).path("native");
        assertThat(library.path("version").asText()).isEqualTo(NativeLibrary.version());
        assertThat(Path.of(library.path("directory").asText())).isDirectory();
        assertThat(library.path("devices").isArray()).isTrue();
        assertThat(library.path("noDevice").asText()).contains("without CUDA");
    }

    @Test
    void aLibraryThatCannotBeLoadedIsBadAndHasItsRemedy(@TempDir Path empty) {
        NativeCheckup checkup = NativeCheckup.look(Optional.of(empty.toString()));
        assertThat(checkup.findings()).singleElement().satisfies(finding -> {
            assertThat(finding.verdict()).isEqualTo(Checkup.Verdict.BAD);
            assertThat(finding.found()).contains(empty.toString(), "holds no libtorch");
            assertThat(finding.remedy()).contains("unset PYTORCH_LIBRARY_PATH");
        });
        assertThat(checkup.json().path("failed").asText()).contains("holds no libtorch");
    }
}
