package io.espalier.actors.meter;

/**
 * The counts of the actors of one role since the system started, those that have ended included.
 *
 * @param processingSeconds messages' work, added up
 * @param mailboxSeconds messages' waits, added up
 * @param alive actors of the role that have not ended
 * @param waiting messages in their mailboxes
 */
public record RoleCounts(
        String role,
        long messages,
        double processingSeconds,
        long taken,
        double mailboxSeconds,
        long failures,
        long restarts,
        int alive,
        long waiting) {
    static RoleCounts none(String role) {
        return new RoleCounts(role, 0, 0, 0, 0, 0, 0, 0, 0);
    }

    RoleCounts plus(ActorReading actor, boolean ended) {
        return new RoleCounts(
                role,
                messages + actor.processing().count(),
                processingSeconds + actor.processing().sum(),
                taken + actor.inMailbox().count(),
                mailboxSeconds + actor.inMailbox().sum(),
                failures + actor.failures(),
                restarts + actor.restarts(),
                alive + (ended ? 0 : 1),
                waiting + actor.waiting());
    }
}
