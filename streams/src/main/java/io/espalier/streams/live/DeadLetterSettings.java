package io.espalier.streams.live;

/**
 * The bounds on records that nothing can be learnt from.
 *
 * @param fileBytes size of their file at which its older half goes
 * @param excerpt characters of a record that are kept
 * @param window records of which too many may be dead
 * @param maxShare of the window
 */
record DeadLetterSettings(long fileBytes, int excerpt, int window, double maxShare) {}
