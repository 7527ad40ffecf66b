package io.espalier.actors.daemon;

import io.espalier.actors.health.Troubles;
import io.espalier.actors.protocol.JobList;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.apache.pekko.actor.Cancellable;
import org.apache.pekko.actor.typed.ActorSystem;

/** The list of jobs, asked of the coordinator again and again: a reader of it never waits. */
final class JobsSeen implements AutoCloseable {
    private static final String PART = "list of jobs";

    private final AtomicReference<JobList> last = new AtomicReference<>(new JobList(List.of(), 0));
    private final Cancellable asking;

    /**
     * Begins to ask.
     *
     * @param troubles told while no list can be had
     * @param onSeen told each list, by any thread
     */
    JobsSeen(
            ActorSystem<?> system,
            Coordination coordination,
            Duration every,
            int mostEnded,
            Troubles troubles,
            Consumer<JobList> onSeen) {
        this.asking = system.scheduler()
                .scheduleWithFixedDelay(
                        Duration.ZERO,
                        every,
                        () -> coordination
                                .list(mostEnded)
                                .thenAccept(list -> {
                                    last.set(list);
                                    onSeen.accept(list);
                                    troubles.over(PART);
                                })
                                .exceptionally(failure -> {
                                    troubles.begin(PART, "is not to be had: " + words(failure));
                                    return null;
                                }),
                        system.executionContext());
    }

    private static String words(Throwable failure) {
        Throwable cause = failure.getCause() == null ? failure : failure.getCause();
        return cause.getMessage() == null ? cause.toString() : cause.getMessage();
    }

    JobList last() {
        return last.get();
    }

    @Override
    public void close() {
        asking.cancel();
    }
}
