package io.espalier.actors.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.actors.protocol.JobOrder;
import java.nio.file.Path;

/** A request of an operator. The operation's name was chosen by the client or for it, {@code [A-Za-z0-9_-]{1,64}}. */
public sealed interface JobRequest {
    /** The name of the operation: requests of one name are one operation, which is carried out once. */
    String operation();

    /**
     * Run a job until it is stopped.
     *
     * @param job its id
     * @param command verb of the command line: continual or distill
     * @param options as in a recipe
     * @param directory absolute; relative paths of the options begin there
     */
    record Submit(String operation, String job, String command, ObjectNode options, Path directory, Submitter submitter)
            implements JobRequest {
        /** The options may hold passwords. */
        @Override
        public String toString() {
            return "Submit[" + operation + ": " + command + " job " + job + " in " + directory + ", of "
                    + submitter.identity() + "]";
        }
    }

    record Pause(String operation, String job) implements JobRequest {}

    record Resume(String operation, String job) implements JobRequest {}

    /** End a job for good. */
    record Stop(String operation, String job, StopMode mode) implements JobRequest {}

    /** Have the running student carry out an order; the operation is the order's. */
    record Order(String job, JobOrder order, Submitter submitter) implements JobRequest {
        @Override
        public String operation() {
            return order.operation();
        }
    }

    record RestartRank(String operation, String rank) implements JobRequest {}

    /** The ways to end a job. */
    enum StopMode {
        /** Finish the step and commit a checkpoint first. */
        DRAIN,
        /** End at once; the last checkpoint is kept. */
        NOW
    }
}
