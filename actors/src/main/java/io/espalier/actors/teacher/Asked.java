package io.espalier.actors.teacher;

import io.espalier.gpu.train.TeacherSignal;
import java.util.concurrent.CompletableFuture;

/** A question that a student waits for the answer of. Used by its pool alone. */
final class Asked {
    final long number;
    final TeacherQuestion question;
    final CompletableFuture<TeacherSignal> reply;
    /** Attempts that may still be answered. */
    int open;
    /** Times that a teacher said that it failed at the question. */
    int failures;
    /** Whether a teacher has been asked before. */
    boolean before;

    /** @param number in the order of asking */
    Asked(long number, TeacherQuestion question, CompletableFuture<TeacherSignal> reply) {
        this.number = number;
        this.question = question;
        this.reply = reply;
    }

    boolean done() {
        return reply.isDone();
    }
}
