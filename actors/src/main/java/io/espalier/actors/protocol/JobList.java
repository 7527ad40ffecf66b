package io.espalier.actors.protocol;

import java.util.List;

/**
 * Jobs in the order of their submission.
 *
 * @param total of all that the journal has, listed or not
 */
public record JobList(List<Entry> jobs, int total) implements WireMessage {
    /** A job of the list and its state. */
    public record Entry(JobSpec job, JobView view) {}

    public JobList {
        jobs = List.copyOf(jobs);
    }
}
