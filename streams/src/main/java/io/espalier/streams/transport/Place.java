package io.espalier.streams.transport;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/**
 * The memory in which the payload of one frame comes to lie.
 *
 * @param view of all of the segment, for checksums and ciphers
 * @param release gives it back, once, by any thread
 */
record Place(MemorySegment segment, ByteBuffer view, Runnable release) {}
