package io.espalier.actors.meter;

import java.time.Instant;

/**
 * The last known state of an actor.
 *
 * @param path without the system's address
 * @param role what it is there for: one of a few names
 * @param waiting messages in its mailbox
 * @param processing of messages; goes on counting
 * @param inMailbox how long messages waited; goes on counting
 * @param lastFailure null where there was none
 * @param busyWith kind of the message in work; empty where none is
 * @param busySeconds how long it has been in work
 */
public record ActorReading(
        String path,
        String role,
        State state,
        int waiting,
        Durations processing,
        Durations inMailbox,
        long failures,
        long restarts,
        Failure lastFailure,
        String busyWith,
        double busySeconds) {
    /** The life of an actor. */
    public enum State {
        STARTING,
        RUNNING,
        /** It has failed, and will begin anew. */
        RESTARTING,
        STOPPED,
        /** It has failed, and its supervisor has said nothing of a restart. */
        FAILED
    }

    /** The failure of an actor; the message is cut where it is long. */
    public record Failure(String type, String message, Instant time) {}
}
