package io.espalier.actors.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.gpu.train.StepReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Batches that were passed over are told once, also by a run that resumes; a run without any leaves no file. */
@Timeout(30)
class QuarantineTest {
    @TempDir
    Path directory;

    @Test
    void aRunThatResumesTellsLaterStepsAnew() throws IOException {
        Path file = directory.resolve("quarantine.jsonl");
        Files.writeString(file, "{\"step\":7,\"loss\":1.0}\n{\"step\":8}\n{\"step\":9}\n{\"ste");
        Quarantine _ = new Quarantine(directory, 7, 3);
        assertThat(Files.readAllLines(file)).containsExactly("{\"step\":7,\"loss\":1.0}");
    }

    @Test
    void aRunWithNothingToTellLeavesNoFile() {
        Quarantine quarantine = new Quarantine(directory, 0, 3);
        quarantine.accept(new StepReport(
                0, 1, StepReport.Outcome.STEPPED, List.of(1.0), 1, 1e-3, 8, StepReport.Observed.NONE, List.of()));
        assertThat(directory).isEmptyDirectory();
    }
}
