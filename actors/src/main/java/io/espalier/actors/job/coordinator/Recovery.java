package io.espalier.actors.job.coordinator;

import io.espalier.actors.job.journal.JobEvent;
import io.espalier.actors.job.journal.JobEvent.EpochBegan;
import io.espalier.actors.job.journal.Journal;
import io.espalier.actors.job.journal.Journal.Entry;
import io.espalier.actors.job.journal.Journal.Outcome;
import io.espalier.actors.job.journal.JournalFailure;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * How a coordinator takes the jobs over: it reads them, and begins an epoch of each that has not ended. From then on whatever the
 * one before it still writes is a conflict, which tells that one.
 */
final class Recovery {
    /** Times that another may be faster: two coordinators at once are the exception, and three the end. */
    private static final int ATTEMPTS = 5;

    private final Journal journal;
    private final String coordinator;

    Recovery(Journal journal, String coordinator) {
        this.journal = journal;
        this.coordinator = coordinator;
    }

    /** All jobs, in the order of their submission. */
    CompletionStage<List<JobLog>> run() {
        return journal.streams().thenCompose(streams -> {
            CompletionStage<List<JobLog>> all = CompletableFuture.completedFuture(new ArrayList<>());
            for (String stream : streams) {
                all = all.thenCompose(logs -> takeOver(stream, 1).thenApply(log -> {
                    logs.add(log);
                    return logs;
                }));
            }
            return all;
        });
    }

    private CompletionStage<JobLog> takeOver(String stream, int attempt) {
        return journal.read(stream).thenCompose(entries -> {
            JobLog log = JobLog.of(entries.stream().map(Entry::event).toList());
            return log.state().ended() ? CompletableFuture.completedFuture(log) : claim(stream, log, attempt);
        });
    }

    private CompletionStage<JobLog> claim(String stream, JobLog log, int attempt) {
        JobLog.Student student = log.student();
        JobEvent began = student == null
                ? new EpochBegan(log.epoch() + 1, coordinator, "", 0)
                : new EpochBegan(log.epoch() + 1, coordinator, student.rank(), student.incarnation());
        return journal.append(stream, log.seq(), log.epoch() + 1, List.of(began))
                .thenCompose(outcome -> switch (outcome) {
                    case Outcome.Appended _ -> CompletableFuture.completedFuture(log.apply(began));
                    case Outcome.Conflict _ when attempt < ATTEMPTS -> takeOver(stream, attempt + 1);
                    case Outcome.Conflict conflict ->
                        CompletableFuture.failedFuture(new JournalFailure(
                                stream + ": another coordinator was faster " + attempt + " times: " + conflict, null));
                });
    }
}
