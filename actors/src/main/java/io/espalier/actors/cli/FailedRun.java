package io.espalier.actors.cli;

import io.espalier.actors.protocol.CoordinatorProtocol.Outcome;
import io.espalier.actors.protocol.CoordinatorProtocol.Outcome.Again;
import io.espalier.gpu.DeviceFailure;
import io.espalier.gpu.Refused;
import io.espalier.gpu.disk.DiskFault;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Decides what the failure of a run means to its job: the job waits, is tried again, or has failed for good. */
final class FailedRun {
    private static final Logger LOG = LoggerFactory.getLogger(FailedRun.class);

    private FailedRun() {}

    /** Errors are failures of the job, too: whoever runs it goes on. */
    static Outcome.Failed outcome(Throwable failure) {
        if (DiskFault.of(failure).isPresent()) {
            return new Outcome.Failed(words(failure), Again.WHEN_WELL, Refused.Reason.TRY_AGAIN.exitCode());
        }
        Refused refused = Main.refusal(failure);
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
            return new Outcome.Failed(failure.getMessage(), Again.COUNTED, Main.UNEXPECTED);
        }
        LOG.warn("the student's run has failed", failure);
        return new Outcome.Failed(failure.toString(), Again.COUNTED, Main.UNEXPECTED);
    }

    /** A refusal says it already, and with the file's name. */
    private static String words(Throwable failure) {
        Refused refused = Main.refusal(failure);
        return refused == null
                ? DiskFault.of(failure).orElseThrow().words() + ": " + failure.getMessage()
                : refused.getMessage();
    }
}
