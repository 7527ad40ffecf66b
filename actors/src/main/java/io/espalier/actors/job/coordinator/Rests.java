package io.espalier.actors.job.coordinator;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * Jobs that rest before they are tried again, ever longer until a checkpoint is committed. Times are of a clock that only
 * goes forward, in nanoseconds; another coordinator begins without any.
 */
final class Rests {
    private final Duration first;
    private final Duration longest;
    private final Map<String, Rest> rests = new HashMap<>();

    /** @param inRow rests since the last commit, this one included */
    private record Rest(long untilNanos, int inRow) {}

    Rests(Duration first, Duration longest) {
        this.first = first;
        this.longest = longest;
    }

    /**
     * A student of the job is lost.
     *
     * @param waits whether it waits for its surroundings; else another goes on at once the first time, for most losses do
     *     not come twice
     */
    void begin(String job, boolean waits, long nowNanos) {
        Rest before = rests.get(job);
        int inRow = before == null ? 1 : before.inRow + 1;
        long nanos =
                !waits && inRow == 1 ? 0 : length(waits ? inRow : inRow - 1).toNanos();
        rests.put(job, new Rest(nowNanos + nanos, inRow));
    }

    private Duration length(int inRow) {
        Duration rest = first;
        for (int i = 1; i < inRow && rest.compareTo(longest) < 0; i++) {
            rest = rest.multipliedBy(2);
        }
        return rest.compareTo(longest) < 0 ? rest : longest;
    }

    boolean isResting(String job, long nowNanos) {
        Rest rest = rests.get(job);
        return rest != null && nowNanos - rest.untilNanos < 0;
    }

    /** The job is to be tried at once. */
    void cutShort(String job, long nowNanos) {
        rests.computeIfPresent(job, (_, rest) -> new Rest(nowNanos, rest.inRow));
    }

    /** It goes well, or has ended. */
    void forget(String job) {
        rests.remove(job);
    }
}
