package io.espalier.streams.live;

import java.time.Instant;

/**
 * A record that waits in a spool.
 *
 * @param key by which it is known if it is sent again; null for none
 * @param arrived to the millisecond
 * @param json an object with a text or with messages, in UTF-8
 */
public record SpoolRecord(String key, Instant arrived, byte[] json) {}
