package io.espalier.actors.protocol;

import io.espalier.actors.rank.RankStatus;
import java.util.List;

/**
 * The state of a job, as its watchers see it.
 *
 * @param epoch of what may commit now
 * @param committedStep of the newest checkpoint in the journal
 * @param progress null before the first
 * @param ranks that work for it or could, as last heard of
 * @param restarts student processes that followed one that had died
 * @param cause why it failed, or why it has not begun; empty where there is nothing to say
 * @param exitCode that the command should end with, once it has ended
 */
public record JobView(
        String job,
        JobState state,
        long epoch,
        long committedStep,
        JobProgress progress,
        List<RankStatus> ranks,
        int restarts,
        String cause,
        int exitCode)
        implements WireMessage {
    /** The beginning of the cause where nothing is wrong with the job, which goes on when its surroundings are well. */
    public static final String WAITS = "waits: ";

    public JobView {
        ranks = List.copyOf(ranks);
    }
}
