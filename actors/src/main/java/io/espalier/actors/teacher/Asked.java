package io.espalier.actors.teacher;

import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.train.TeacherSignal;
import io.espalier.streams.transport.Wire;
import java.util.concurrent.CompletableFuture;

/** A batch that a student waits for. Used by its pool alone. */
final class Asked {
    final long number;
    final TokenBatch batch;
    final byte[] hash;
    final CompletableFuture<TeacherSignal> reply;
    /** Attempts that may still be answered. */
    int open;
    /** Times that a teacher said that it failed at it. */
    int failures;
    /** Whether a teacher has been asked before. */
    boolean before;

    /** @param number in the order of asking */
    Asked(long number, TokenBatch batch, CompletableFuture<TeacherSignal> reply) {
        this.number = number;
        this.batch = batch;
        this.hash = Wire.hash(batch);
        this.reply = reply;
    }

    boolean done() {
        return reply.isDone();
    }
}
