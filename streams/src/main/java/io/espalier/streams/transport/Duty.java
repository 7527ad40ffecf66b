package io.espalier.streams.transport;

/** An end of a link, as the transport's thread works at it. */
interface Duty {
    /**
     * Works for a moment without ever waiting; an exception ends the duty.
     *
     * @param now of {@link System#nanoTime}
     * @return how much was done, 0 for nothing
     */
    int work(long now);

    /** Whether its stage has ended. */
    boolean isStopped();

    /**
     * Releases everything. Called once, by the transport's thread, or by the stage if that thread is gone.
     *
     * @param cause null if the stage has ended
     */
    void end(Throwable cause);
}
