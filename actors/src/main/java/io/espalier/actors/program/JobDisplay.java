package io.espalier.actors.program;

import io.espalier.actors.protocol.JobState;
import io.espalier.actors.protocol.JobView;
import io.espalier.actors.rank.RankStatus;
import io.espalier.actors.report.Progress;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Shows the state of a job, as its coordinator tells it: a bar, and a line for each change. Safe for several threads.
 */
final class JobDisplay implements AutoCloseable {
    private final Progress progress;
    private final Map<String, RankStatus.State> ranks = new HashMap<>();
    private JobState state;
    private int restarts;
    private String cause = "";

    JobDisplay(String what, long steps) {
        this.progress = new Progress(what, steps);
    }

    synchronized void show(JobView view) {
        if (view.state() != state) {
            state = view.state();
            progress.line("job " + view.job() + " is " + state.name().toLowerCase(Locale.ROOT)
                    + (view.epoch() > 0 ? ", epoch " + view.epoch() : ""));
        }
        if (view.restarts() != restarts) {
            restarts = view.restarts();
            cause = view.cause();
            progress.line("the student died (" + cause + ") and goes on from step " + view.committedStep());
        }
        if (!view.cause().equals(cause)) {
            cause = view.cause();
            if (!cause.isEmpty()) {
                progress.line(cause);
            }
        }
        if (!state.ended()) {
            showRanks(view);
        }
        if (view.progress() != null) {
            progress.at(view.progress().step());
        }
    }

    private void showRanks(JobView view) {
        for (RankStatus rank : view.ranks()) {
            RankStatus.State before = ranks.put(rank.name(), rank.state());
            if (before != rank.state() && noteworthy(before, rank.state())) {
                progress.line("rank " + rank.name() + ": " + rank.state().name().toLowerCase(Locale.ROOT));
            }
        }
        ranks.keySet().removeIf(name -> {
            boolean gone = view.ranks().stream().noneMatch(rank -> rank.name().equals(name));
            if (gone) {
                progress.line("rank " + name + ": gone");
            }
            return gone;
        });
    }

    /** Whether people want to read of a change: that a rank works and rests in turn is none. */
    private static boolean noteworthy(RankStatus.State before, RankStatus.State now) {
        return switch (now) {
            case READY, WORKING -> before != RankStatus.State.READY && before != RankStatus.State.WORKING;
            case LOADING, FAILED, STOPPED, IDLE -> true;
        };
    }

    @Override
    public synchronized void close() {
        progress.close();
    }
}
