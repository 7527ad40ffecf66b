package io.espalier.actors.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.actors.protocol.CoordinatorProtocol.Verdict;
import io.espalier.actors.protocol.HostProtocol.Lineage;
import io.espalier.gpu.Refused;
import io.espalier.gpu.train.TrainingCheckpoint.Origin;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A run's directory belongs to one job, which its processes share, or to one process. */
@Timeout(60)
class RunLockTest {
    @TempDir
    Path directory;

    /** The authority of a process that works for a job. */
    private record Job(String owner) implements CommitAuthority {
        @Override
        public CompletionStage<Verdict> begin(long baseStep) {
            return affirm();
        }

        @Override
        public CompletionStage<Verdict> commit(long step, String manifestSha256) {
            return affirm();
        }

        @Override
        public CompletionStage<Verdict> affirm() {
            return CompletableFuture.completedFuture(new Verdict.Granted(1));
        }

        @Override
        public Origin origin() {
            return new Origin("j", 1);
        }

        @Override
        public List<Lineage> lineage() {
            return List.of();
        }

        @Override
        public boolean alone() {
            return false;
        }
    }

    private Path file() {
        return directory.resolve(".lock");
    }

    private RunLock take(CommitAuthority authority) {
        return RunLock.take(directory, file(), authority);
    }

    @Test
    void theNextJobTakesADirectoryOverOnceItIsLeft() throws IOException {
        take(new Job("job one of a daemon with a long name\nx")).close();
        take(new Job("job two\ny")).close();
        assertThat(file()).hasContent("job two\ny");
        take(CommitAuthority.ALONE).close();
    }

    @Test
    void whileItIsHeldNobodyElseOfThisProcessGetsIt() throws IOException {
        try (RunLock held = take(new Job("job one\nx"))) {
            assertThat(held).isNotNull();
            assertThatThrownBy(() -> take(new Job("job two\ny")))
                    .isInstanceOf(Refused.class)
                    .hasMessageContaining("in use by another process");
            assertThat(file()).hasContent("job one\nx");
        }
    }

    @Test
    void theContentIsNotChangedUnderOneWhoReadsIt() throws IOException {
        Files.writeString(file(), "job one\nx");
        try (FileChannel channel = FileChannel.open(file(), StandardOpenOption.READ, StandardOpenOption.WRITE);
                FileLock reader = channel.tryLock(0, Long.MAX_VALUE, true)) {
            assertThat(reader).isNotNull();
            assertThatThrownBy(() -> take(new Job("job two\ny"))).isInstanceOf(Refused.class);
            assertThat(file()).hasContent("job one\nx");
        }
    }
}
