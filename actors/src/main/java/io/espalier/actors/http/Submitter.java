package io.espalier.actors.http;

/**
 * Who a job or an order comes from.
 *
 * @param identity as in the audit log
 * @param sameUser whether it is proved that they are the user that the daemon runs as
 */
public record Submitter(String identity, boolean sameUser) {
    static Submitter of(Caller caller) {
        return new Submitter(caller.title(), caller == Caller.OWNER);
    }
}
