package io.espalier.actors.program;

import io.espalier.actors.protocol.CoordinatorProtocol.Outcome;
import io.espalier.actors.protocol.CoordinatorProtocol.Outcome.Again;
import io.espalier.gpu.Contained;
import io.espalier.gpu.DeviceFailure;
import io.espalier.gpu.Refused;
import io.espalier.gpu.disk.DiskFault;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Decides what the failure of a run means to its job: the job waits, is tried again, or has failed for good. */
public final class FailedRun {
    /** Exit code of a failure that nobody has thought of. */
    public static final int UNEXPECTED = 1;

    private static final Logger LOG = LoggerFactory.getLogger(FailedRun.class);

    private FailedRun() {}

    /** The outcome of a failed run. An error is a failure of the job too, and the process goes on. */
    static Outcome.Failed outcome(Throwable failure) {
        if (DiskFault.of(failure).isPresent()) {
            return new Outcome.Failed(words(failure), Again.WHEN_WELL, Refused.Reason.TRY_AGAIN.exitCode());
        }
        Refused refused = refusal(failure);
        if (refused != null) {
            return new Outcome.Failed(
                    refused.getMessage(),
                    switch (refused.reason()) {
                        case TRY_AGAIN, WRONG_STATE -> Again.COUNTED;
                        case USAGE, NOT_FOUND, VALIDATION, NOT_ALLOWED, BAD_CONFIGURATION -> Again.NEVER;
                    },
                    refused.reason().exitCode());
        }
        if (failure instanceof DeviceFailure) {
            return new Outcome.Failed(failure.getMessage(), Again.COUNTED, UNEXPECTED);
        }
        LOG.warn("the student's run has failed", failure);
        return new Outcome.Failed(failure.toString(), Again.COUNTED, UNEXPECTED);
    }

    /** A refusal says it already, and with the file's name. */
    private static String words(Throwable failure) {
        Refused refused = refusal(failure);
        return refused == null
                ? DiskFault.of(failure).orElseThrow().words() + ": " + failure.getMessage()
                : refused.getMessage();
    }

    /** The refusal of a fault that the user can mend, wherever in the chain of causes it stands; else null. */
    public static Refused refusal(Throwable e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            switch (cause) {
                case OutOfMemoryError error -> {
                    return Contained.refusal("the job", error);
                }
                case StackOverflowError error -> {
                    return Contained.refusal("the job", error);
                }
                case InternalError error -> {
                    return Contained.refusal("the job", error);
                }
                case Refused refused -> {
                    return refused;
                }
                case AccessDeniedException denied -> {
                    return new Refused(Refused.Reason.NOT_ALLOWED, denied.getFile() + ": permission denied", denied);
                }
                case NoSuchFileException absent -> {
                    return Refused.notFound(absent.getFile(), "no such file or directory");
                }
                case IOException io
                when DiskFault.of(io).isPresent() -> {
                    String words = DiskFault.of(io).orElseThrow().words();
                    return new Refused(Refused.Reason.TRY_AGAIN, words + ": " + io.getMessage(), io);
                }
                case FileSystemException file
                when String.valueOf(file.getReason()).contains("Too many open files") -> {
                    return new Refused(Refused.Reason.TRY_AGAIN, file.getFile() + ": " + file.getReason(), file);
                }
                case FileSystemException file -> {
                    return new Refused(Refused.Reason.NOT_ALLOWED, file.getFile() + ": " + file.getReason(), file);
                }
                default -> {}
            }
        }
        return null;
    }
}
