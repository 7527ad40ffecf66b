package io.espalier.actors.teacher;

import io.espalier.actors.protocol.HostProtocol.Stage;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** A teacher as its pool sees it: a link or the way to one, and its open questions. Used by its pool alone. */
final class Peer {
    private static final double WEIGHT_OF_LAST = 0.2;

    final List<Stage> stages;
    /**
     * The questions that it was asked over this link and has not answered, by attempt; also those that nobody waits for
     * any more.
     */
    final Map<Integer, Sent> sent = new TreeMap<>();

    /** Number of the link that is open or being opened. */
    long link;
    /** The epoch of the link's frames. */
    long epoch;
    /** Null until it is open. */
    TeacherLink open;
    /** The number of failures in a row. */
    int failures;
    /** The time before which no link is opened, nor this one used again; nanoseconds of the pool's clock. */
    long notBefore;

    boolean opening;
    /** The time that an answer usually takes; 0 before the first. */
    double usualNanos;

    record Sent(Asked asked, long at) {}

    Peer(List<Stage> stages) {
        this.stages = stages;
    }

    /** Whether the teacher consists of the same processes in the same places. */
    boolean is(List<Stage> others) {
        return stages.equals(others);
    }

    boolean free(int window, long now) {
        return open != null && sent.size() < window && notBefore <= now;
    }

    void answered(long nanos) {
        failures = 0;
        usualNanos = usualNanos == 0 ? nanos : usualNanos + WEIGHT_OF_LAST * (nanos - usualNanos);
    }

    String name() {
        return stages.stream().map(Stage::rank).collect(Collectors.joining("+"));
    }
}
