package io.espalier.streams.transport;

import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * A tensor to be sent from where it lies.
 *
 * @param payload its memory, in order, off the heap, as many bytes as the header says; valid until released
 * @param release called once, by any thread, when the memory is no longer needed: sent, given up, or the stream has ended
 */
public record OutgoingFrame(FrameHeader header, List<MemorySegment> payload, Runnable release) {
    public OutgoingFrame {
        payload = List.copyOf(payload);
        long bytes = 0;
        for (MemorySegment piece : payload) {
            if (!piece.isNative()) {
                throw new IllegalArgumentException("OutgoingFrame: a piece of the payload lies on the heap");
            }
            bytes += piece.byteSize();
        }
        if (bytes != header.bytes()) {
            throw new IllegalArgumentException("OutgoingFrame: " + bytes + " bytes: the header says " + header.bytes());
        }
    }
}
