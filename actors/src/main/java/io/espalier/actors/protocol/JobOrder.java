package io.espalier.actors.protocol;

import java.nio.file.Path;
import java.util.OptionalDouble;

/**
 * A wish of an operator that a running student is to fulfil. Its outcome is told as an event of the run that names the
 * operation; an order that is given twice is carried out once.
 */
public sealed interface JobOrder {
    /** Chosen by whoever gives the order; unique in the job. */
    String operation();

    /** Commit a checkpoint at the next whole step. */
    record Checkpoint(String operation) implements JobOrder {}

    /**
     * Go back to the weights of a published version; the stream goes on from where it is.
     *
     * @param version as in its directory's name, vNNNNNN
     */
    record Rollback(String operation, String version) implements JobOrder {}

    /**
     * Set numbers that hold from the next step on.
     *
     * @param learningRate instead of what the schedule says
     * @param replayShare of rows that come from anchored and past text, 0 to 1
     */
    record Tune(String operation, OptionalDouble learningRate, OptionalDouble replayShare) implements JobOrder {}

    /**
     * Learn from another teacher after the next checkpoint.
     *
     * @param digest that it must have; empty for any
     */
    record SwapTeacher(String operation, Path teacher, String digest) implements JobOrder {}
}
