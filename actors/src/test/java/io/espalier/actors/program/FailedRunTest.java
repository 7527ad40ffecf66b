package io.espalier.actors.program;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.actors.protocol.CoordinatorProtocol.Outcome.Again;
import io.espalier.actors.protocol.CoordinatorProtocol.Outcome.Failed;
import io.espalier.gpu.DeviceFailure;
import io.espalier.gpu.Refused;
import io.espalier.gpu.disk.DiskFault;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A failure that can get better is tried again, one that cannot is not, and a full disk is nobody's failure. */
class FailedRunTest {
    @ParameterizedTest
    @ValueSource(
            strings = {"No space left on device", "Disk quota exceeded", "Read-only file system", "Input/output error"})
    void aDiskThatFailsIsWaitedFor(String system) {
        Failed failed = FailedRun.outcome(
                new IllegalStateException(new UncheckedIOException(new FileSystemException("f", null, system))));
        assertThat(failed.again()).isEqualTo(Again.WHEN_WELL);
        assertThat(failed.exitCode()).isEqualTo(75);
    }

    @Test
    void roomThatIsKnownToBeMissingBeforehandIsWaitedForToo() {
        RuntimeException failure = DiskFault.failure(Path.of("out"), new DiskFault.NoRoom("10 bytes left"));
        assertThat(FailedRun.outcome(failure).again()).isEqualTo(Again.WHEN_WELL);
    }

    @Test
    void aDirectoryThatCannotBeWrittenIsTheJobsOwnFault() {
        Failed absent = FailedRun.outcome(
                new UncheckedIOException(new NoSuchFileException("/proc/nope/out/checkpoints/.lock")));
        assertThat(absent.again()).isEqualTo(Again.NEVER);
        assertThat(absent.exitCode()).isEqualTo(3);
        Failed denied = FailedRun.outcome(new UncheckedIOException(new AccessDeniedException("/srv/out")));
        assertThat(denied.again()).isEqualTo(Again.NEVER);
        assertThat(denied.exitCode()).isEqualTo(77);
    }

    @Test
    void errorsAreFailuresOfTheJob() {
        Failed nested = FailedRun.outcome(new StackOverflowError());
        assertThat(nested.again()).isEqualTo(Again.NEVER);
        assertThat(nested.exitCode()).isEqualTo(5);
        assertThat(FailedRun.outcome(new OutOfMemoryError("Java heap space")).again())
                .isEqualTo(Again.COUNTED);
        assertThat(FailedRun.outcome(new InternalError("a fault occurred")).again())
                .isEqualTo(Again.COUNTED);
        assertThat(FailedRun.outcome(new NoClassDefFoundError("x")).again()).isEqualTo(Again.COUNTED);
    }

    @Test
    void whatMayBeBetterNextTimeIsTriedAgainABoundedNumberOfTimes() {
        assertThat(FailedRun.outcome(new DeviceFailure("lost", null)).again()).isEqualTo(Again.COUNTED);
        assertThat(FailedRun.outcome(new Refused(Refused.Reason.TRY_AGAIN, "busy"))
                        .again())
                .isEqualTo(Again.COUNTED);
        assertThat(FailedRun.outcome(new IllegalStateException("odd")).again()).isEqualTo(Again.COUNTED);
        assertThat(FailedRun.outcome(
                                new UncheckedIOException(new FileSystemException("f", null, "Too many open files")))
                        .again())
                .isEqualTo(Again.COUNTED);
        assertThat(FailedRun.outcome(new UncheckedIOException(new IOException("connection reset")))
                        .again())
                .isEqualTo(Again.COUNTED);
    }

    @Test
    void whatIsWrongWithTheRequestIsNot() {
        for (Refused.Reason reason :
                new Refused.Reason[] {Refused.Reason.USAGE, Refused.Reason.VALIDATION, Refused.Reason.BAD_CONFIGURATION
                }) {
            assertThat(FailedRun.outcome(new Refused(reason, "no")).again()).isEqualTo(Again.NEVER);
        }
    }
}
