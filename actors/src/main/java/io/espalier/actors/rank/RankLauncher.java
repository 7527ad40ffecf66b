package io.espalier.actors.rank;

/** Starts processes of ranks. */
@FunctionalInterface
public interface RankLauncher {
    /**
     * Starts a process; it may block for as long as the system takes to start one.
     *
     * @param incarnation that the process is to bear
     * @throws java.io.UncheckedIOException where it cannot be started
     */
    RankChild launch(RankPlace place, long incarnation);
}
