package io.espalier.streams.transport;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** Frames as they would have arrived: copies of what was sent, counted until they are closed. */
public final class Frames {
    public final AtomicInteger open = new AtomicInteger();

    /** A sent frame as it arrives; the sent one is released. */
    public Frame arrived(OutgoingFrame sent) {
        long bytes = sent.header().bytes();
        MemorySegment copy = Arena.ofAuto().allocate(Math.max(1, bytes)).asSlice(0, bytes);
        long at = 0;
        for (MemorySegment piece : sent.payload()) {
            MemorySegment.copy(piece, 0, copy, at, piece.byteSize());
            at += piece.byteSize();
        }
        sent.release().run();
        open.incrementAndGet();
        return new Frame(sent.header(), copy, open::decrementAndGet);
    }

    public Bundle bundle(List<OutgoingFrame> sent) {
        List<Frame> frames = new ArrayList<>();
        sent.forEach(frame -> frames.add(arrived(frame)));
        return new Bundle(frames);
    }
}
