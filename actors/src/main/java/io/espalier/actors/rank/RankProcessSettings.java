package io.espalier.actors.rank;

import java.time.Duration;
import java.util.List;

/**
 * The settings by which ranks are run as processes.
 *
 * @param heapMib Java heap of each
 * @param javaOptions more options of the JVM of each
 * @param memoryLimitMib pages that the system cannot take back; above it the process is replaced; 0 for no limit
 * @param minBackoff first pause before a restart
 * @param maxBackoff longest pause
 * @param maxRestarts restarts without a healthy stretch before a rank is given up
 * @param reviveAfter how long a rank that was given up is left alone before it is tried anew
 * @param healthyAfter how long a process must live to have been healthy
 * @param stopGrace from asking a process to end to killing it
 * @param checkEvery between two looks at its memory
 * @param logsKept logs of earlier processes of a rank
 */
public record RankProcessSettings(
        int heapMib,
        List<String> javaOptions,
        int memoryLimitMib,
        Duration minBackoff,
        Duration maxBackoff,
        int maxRestarts,
        Duration reviveAfter,
        Duration healthyAfter,
        Duration stopGrace,
        Duration checkEvery,
        int logsKept) {
    public RankProcessSettings {
        javaOptions = List.copyOf(javaOptions);
    }

    /** The pause before the nth restart, 1 the first. */
    Duration backoff(int restart) {
        Duration pause = minBackoff;
        for (int i = 1; i < restart && pause.compareTo(maxBackoff) < 0; i++) {
            pause = pause.multipliedBy(2);
        }
        return pause.compareTo(maxBackoff) < 0 ? pause : maxBackoff;
    }

    long memoryLimitBytes() {
        return (long) memoryLimitMib << 20;
    }
}
