package io.espalier.actors.rank;

/**
 * What a rank's process was last seen doing; readable at any time without asking.
 *
 * @param rank name
 * @param pid of the process, 0 where there is none
 * @param incarnation of the process, or of the last one
 * @param restarts times that it was started again
 * @param cause of the last end; empty where there was none
 * @param residentBytes pages that the system cannot take back, as last seen
 */
public record ProcessStatus(
        String rank, State state, long pid, long incarnation, int restarts, String cause, long residentBytes) {
    /** The life of a rank's process. */
    public enum State {
        /** It runs, and is no member of the cluster yet. */
        STARTING,
        /** It runs and is a member. */
        MEMBER,
        /** It has ended and will be started again. */
        WAITING,
        STOPPED,
        /** It has ended and stays so. */
        GIVEN_UP
    }

    public static ProcessStatus of(String rank) {
        return new ProcessStatus(rank, State.WAITING, 0, 0, 0, "", 0);
    }

    ProcessStatus started(long newPid, long newIncarnation) {
        return new ProcessStatus(rank, State.STARTING, newPid, newIncarnation, restarts, cause, 0);
    }

    ProcessStatus member() {
        return new ProcessStatus(rank, State.MEMBER, pid, incarnation, restarts, cause, residentBytes);
    }

    ProcessStatus resident(long bytes) {
        return new ProcessStatus(rank, state, pid, incarnation, restarts, cause, bytes);
    }

    ProcessStatus waiting(String newCause) {
        return new ProcessStatus(rank, State.WAITING, 0, incarnation, restarts + 1, newCause, 0);
    }

    ProcessStatus ended(State end, String newCause) {
        return new ProcessStatus(rank, end, 0, incarnation, restarts, newCause, 0);
    }
}
