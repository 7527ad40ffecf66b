package io.espalier.actors.job.coordinator;

import io.espalier.actors.job.journal.JobEvent;
import io.espalier.actors.job.journal.JobEvent.EpochBegan;
import io.espalier.actors.job.journal.JobEvent.JobSubmitted;
import io.espalier.actors.job.journal.Journal;
import io.espalier.actors.job.journal.Journal.Entry;
import io.espalier.actors.job.journal.Journal.Outcome;
import io.espalier.actors.job.journal.JournalFailure;
import io.espalier.actors.protocol.JobSpec;
import io.espalier.gpu.Refused;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;

/**
 * The way in which a coordinator takes the jobs over: it begins an epoch of the list of jobs and of each job that has
 * not ended. An event that the coordinator before it still writes is a conflict from then on, which tells that one.
 */
final class Recovery {
    /** The stream that says which jobs there are. */
    static final String LIST = Journal.LIST;

    /** Times that another may be faster: two coordinators at once are the exception, and three the end. */
    private static final int ATTEMPTS = 5;

    private final Journal journal;
    private final String coordinator;

    Recovery(Journal journal, String coordinator) {
        this.journal = journal;
        this.coordinator = coordinator;
    }

    /**
     * The state that a coordinator begins with.
     *
     * @param listSeq of the newest event of {@link #LIST}
     * @param jobs in the order of their submission
     */
    record Recovered(long listSeq, List<JobLog> jobs) {}

    CompletionStage<Recovered> run() {
        return claimList(1).thenCompose(list -> {
            CompletionStage<List<JobLog>> all = CompletableFuture.completedFuture(new ArrayList<>());
            for (JobEvent event : list) {
                if (event instanceof JobSubmitted(JobSpec job)) {
                    all = all.thenCompose(logs -> takeOverOrSetAside(job).thenApply(log -> {
                        logs.add(log);
                        return logs;
                    }));
                }
            }
            return all.thenApply(logs -> new Recovered(list.size(), List.copyOf(logs)));
        });
    }

    private CompletionStage<List<JobEvent>> claimList(int attempt) {
        return journal.read(LIST).thenCompose(entries -> {
            List<JobEvent> events =
                    new ArrayList<>(entries.stream().map(Entry::event).toList());
            long epoch = entries.isEmpty() ? 1 : entries.getLast().epoch() + 1;
            JobEvent began = new EpochBegan(epoch, coordinator, "", 0);
            return journal.append(LIST, events.size(), epoch, List.of(began)).thenCompose(outcome -> switch (outcome) {
                case Outcome.Appended _ -> {
                    events.add(began);
                    yield CompletableFuture.completedFuture(events);
                }
                case Outcome.Conflict conflict -> attempt < ATTEMPTS ? claimList(attempt + 1) : slow(LIST, conflict);
            });
        });
    }

    /** A job whose events cannot be read has failed, as far as anybody can tell; the others have nothing to do with it. */
    private CompletionStage<JobLog> takeOverOrSetAside(JobSpec job) {
        return takeOver(job, 1).exceptionallyCompose(failure -> {
            Throwable cause =
                    failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
            return cause instanceof JournalFailure.Unreadable unreadable
                    ? CompletableFuture.completedFuture(JobLog.unreadable(
                            job,
                            unreadable.newest(),
                            unreadable.getMessage() + ": 'espalier journal check' says more",
                            Refused.Reason.BAD_CONFIGURATION.exitCode()))
                    : CompletableFuture.failedFuture(cause);
        });
    }

    private CompletionStage<JobLog> takeOver(JobSpec job, int attempt) {
        return journal.read(job.id()).thenCompose(entries -> {
            List<JobEvent> events = entries.stream().map(Entry::event).toList();
            List<JobEvent> more = new ArrayList<>();
            if (events.isEmpty()) {
                // Its coordinator died between the list and the job.
                more.add(new JobSubmitted(job));
            }
            JobLog log = events.isEmpty() ? JobLog.submitted(job) : JobLog.of(events);
            if (log.state().ended()) {
                return CompletableFuture.completedFuture(log);
            }
            if (!log.job().isKnown()) {
                return CompletableFuture.completedFuture(JobLog.unreadable(
                        log.job(),
                        events.size(),
                        "another version of espalier has journalled what this job is, which is unknown here: submit it"
                                + " again by another name",
                        Refused.Reason.BAD_CONFIGURATION.exitCode()));
            }
            JobEvent began = began(log);
            more.add(began);
            return journal.append(job.id(), events.size(), log.epoch() + 1, more)
                    .thenCompose(outcome -> switch (outcome) {
                        case Outcome.Appended _ -> CompletableFuture.completedFuture(log.apply(began));
                        case Outcome.Conflict conflict ->
                            attempt < ATTEMPTS ? takeOver(job, attempt + 1) : slow(job.id(), conflict);
                    });
        });
    }

    private EpochBegan began(JobLog log) {
        JobLog.Student student = log.student();
        return student == null
                ? new EpochBegan(log.epoch() + 1, coordinator, "", 0)
                : new EpochBegan(log.epoch() + 1, coordinator, student.rank(), student.incarnation());
    }

    private static <T> CompletionStage<T> slow(String stream, Outcome.Conflict conflict) {
        return CompletableFuture.failedFuture(new JournalFailure(
                stream + ": another coordinator was faster " + ATTEMPTS + " times: " + conflict, null));
    }
}
