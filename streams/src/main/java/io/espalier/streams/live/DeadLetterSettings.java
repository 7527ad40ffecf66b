package io.espalier.streams.live;

/**
 * What becomes of records that nothing can be learnt from.
 *
 * @param fileBytes size of their file at which its older half goes
 * @param excerpt characters of a record that are kept
 * @param window records of which too many may be dead
 * @param maxShare of the window
 */
record DeadLetterSettings(long fileBytes, int excerpt, int window, double maxShare) {}
