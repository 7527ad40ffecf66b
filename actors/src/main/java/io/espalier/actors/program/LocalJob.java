package io.espalier.actors.program;

import io.espalier.actors.job.journal.JobEvent;
import io.espalier.actors.job.journal.Journal;
import io.espalier.actors.protocol.JobSpec;
import io.espalier.gpu.Refused;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;

/** Finds the job of a command in a run's own journal: the one that was begun and has not ended, or a new one. */
final class LocalJob {
    private static final String NAME = "distill-";

    private LocalJob() {}

    /**
     * Finds it.
     *
     * @param journal of the directory's own
     * @param wanted the job, by the name that it has there
     * @throws Refused where another command was begun there and has not ended
     */
    static JobSpec of(Journal journal, Path state, Function<String, JobSpec> wanted) {
        List<String> jobs = journal.streams().toCompletableFuture().join();
        for (String id : jobs) {
            List<JobEvent> events = journal.read(id).toCompletableFuture().join().stream()
                    .map(Journal.Entry::event)
                    .toList();
            if (events.getLast() instanceof JobEvent.JobEnded) {
                continue;
            }
            if (events.getFirst() instanceof JobEvent.JobSubmitted(JobSpec begun)) {
                if (!begun.isKnown()) {
                    throw new Refused(
                            Refused.Reason.WRONG_STATE,
                            state + ": job " + id + " was begun there by another version of espalier: go on with"
                                    + " that one, or remove the directory");
                }
                if (!begun.equals(wanted.apply(id))) {
                    throw new Refused(
                            Refused.Reason.WRONG_STATE,
                            state + ": job " + id
                                    + " was begun there with other options and has not ended: go on with the"
                                    + " same, or remove the directory");
                }
                return begun;
            }
        }
        return wanted.apply(NAME + (jobs.size() + 1));
    }
}
