package io.espalier.actors.http;

/**
 * The sender of a job or of an order.
 *
 * @param identity the sender's name in the audit log
 * @param sameUser whether it is proved that the sender is the user that the daemon runs as
 */
public record Submitter(String identity, boolean sameUser) {
    static Submitter of(Caller caller) {
        return new Submitter(caller.title(), caller == Caller.OWNER);
    }
}
