package io.espalier.streams.transport;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;

/** A tensor that has arrived whole. Its memory is off the heap and the receiver's until closed; closing twice is harmless. */
public final class Frame implements AutoCloseable {
    private final FrameHeader header;
    private final MemorySegment payload;
    private final Runnable release;
    private final AtomicBoolean open = new AtomicBoolean(true);

    /** @param release gives the memory back */
    public Frame(FrameHeader header, MemorySegment payload, Runnable release) {
        this.header = header;
        this.payload = payload;
        this.release = release;
    }

    public FrameHeader header() {
        return header;
    }

    public MemorySegment payload() {
        return payload;
    }

    @Override
    public void close() {
        if (open.compareAndSet(true, false)) {
            release.run();
        }
    }
}
