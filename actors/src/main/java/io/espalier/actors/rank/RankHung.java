package io.espalier.actors.rank;

import java.time.Duration;

/** A rank's thread has not come back from a call in time; nothing but the end of its process can free it. */
public final class RankHung extends RuntimeException {
    private static final long serialVersionUID = 1L;

    RankHung(String rank, String call, Duration deadline) {
        super("rank " + rank + " hangs: " + call + " has not returned within " + deadline
                + " (espalier.ranks.watchdog); only a new process can help");
    }
}
