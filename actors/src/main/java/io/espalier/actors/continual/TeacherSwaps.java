package io.espalier.actors.continual;

import io.espalier.actors.job.SharedVocabulary;
import io.espalier.actors.job.TrainRequest;
import io.espalier.actors.protocol.JobOrder;
import io.espalier.gpu.Refused;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Finds out whether a teacher that is ordered fits the run. Its weights have to be read, which takes a while: on a thread of its
 * own.
 *
 * @param fromAfar whether the run's teacher is in another process
 */
record TeacherSwaps(TrainRequest training, boolean fromAfar) {
    /** Gives the order with the directory's canonical name and its digest; fails with a {@link Refused} that tells why not. */
    CompletionStage<JobOrder.SwapTeacher> check(JobOrder.SwapTeacher swap) {
        return CompletableFuture.supplyAsync(
                () -> checked(swap),
                task -> Thread.ofVirtual().name("teacher-digest").start(task));
    }

    private JobOrder.SwapTeacher checked(JobOrder.SwapTeacher swap) {
        if (fromAfar || training.features().kind() != null) {
            throw new Refused(
                    Refused.Reason.WRONG_STATE,
                    "a teacher can be exchanged where it is in the student's process, and no hidden state is learnt");
        }
        SharedVocabulary.size(training.start().directory(), swap.teacher());
        TeacherIdentity found = TeacherIdentity.of(swap.teacher().toAbsolutePath());
        if (!swap.digest().isEmpty()) {
            found.requireDigest(swap.digest());
        }
        return new JobOrder.SwapTeacher(swap.operation(), found.directory(), found.digest());
    }
}
