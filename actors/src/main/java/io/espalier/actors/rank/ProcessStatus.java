package io.espalier.actors.rank;

/**
 * The last known state of a rank's process; readable at any time without asking.
 *
 * @param rank name
 * @param pid of the process, 0 where there is none
 * @param incarnation of the process, or of the last one
 * @param restarts times that it was started again
 * @param died whether the last end was nobody's wish
 * @param cause of the last end; empty where there was none
 * @param residentBytes pages that the system cannot take back, as last seen
 */
public record ProcessStatus(
        String rank,
        State state,
        long pid,
        long incarnation,
        int restarts,
        boolean died,
        String cause,
        long residentBytes) {
    /** The life of a rank's process. */
    public enum State {
        /** It runs or is about to, and is no member of the cluster yet. */
        STARTING,
        /** It runs and is a member. */
        MEMBER,
        /** It has died and will be started again. */
        WAITING,
        STOPPED,
        /** It has ended and stays so. */
        GIVEN_UP
    }

    public static ProcessStatus of(String rank) {
        return new ProcessStatus(rank, State.WAITING, 0, 0, 0, false, "", 0);
    }

    ProcessStatus started(long newPid, long newIncarnation) {
        return new ProcessStatus(rank, State.STARTING, newPid, newIncarnation, restarts, died, cause, 0);
    }

    ProcessStatus member() {
        return new ProcessStatus(rank, State.MEMBER, pid, incarnation, restarts, died, cause, residentBytes);
    }

    ProcessStatus resident(long bytes) {
        return new ProcessStatus(rank, state, pid, incarnation, restarts, died, cause, bytes);
    }

    ProcessStatus lost(String newCause) {
        return new ProcessStatus(rank, State.WAITING, 0, incarnation, restarts + 1, true, newCause, 0);
    }

    /** It has ended because it was told to, and another takes its place. */
    ProcessStatus replaced() {
        return new ProcessStatus(
                rank, State.STARTING, 0, incarnation, restarts + 1, false, "it has made way for another", 0);
    }

    ProcessStatus ended(State end, String newCause) {
        return new ProcessStatus(rank, end, 0, incarnation, restarts, died, newCause, 0);
    }
}
