package io.espalier.actors.rank;

import java.util.concurrent.CompletionStage;

/** A running process of a rank. */
public interface RankChild {
    long pid();

    /** Completes with the exit status when the process has ended; 128 and its number where a signal ended it. */
    CompletionStage<Integer> onExit();

    /** Asks it to end. */
    void terminate();

    /** Ends it, even where it is stopped. */
    void kill();

    /** Pages that the system cannot take back, in bytes; 0 where that cannot be told. */
    long residentBytes();

    /** The last lines that it wrote, for whoever must know why it ended. */
    String lastLines();
}
