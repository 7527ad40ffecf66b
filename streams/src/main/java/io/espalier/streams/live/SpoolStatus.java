package io.espalier.streams.live;

/**
 * The extent of a spool.
 *
 * @param committed no record before it will be read again
 * @param next number of the record that is appended next
 * @param bytes of its segments
 */
public record SpoolStatus(long committed, long next, long bytes) {}
