package io.espalier.gpu.train;

import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/** A signal as parts on the host alone: what a stage of a teacher gives, and what has come from another process. */
public final class ReceivedSignal implements TeacherSignal {
    private final long sequence;
    private final List<SignalPart> parts;
    private final Runnable release;
    private final AtomicBoolean open = new AtomicBoolean(true);

    /** @param release gives the memory of the parts back; called once, by the thread that closes */
    public ReceivedSignal(long sequence, List<SignalPart> parts, Runnable release) {
        this.sequence = sequence;
        this.parts = List.copyOf(parts);
        this.release = release;
    }

    @Override
    public long sequence() {
        return sequence;
    }

    @Override
    public long bytes() {
        return parts.stream().mapToLong(SignalPart::size).sum();
    }

    @Override
    public List<SignalPart> parts() {
        return parts;
    }

    @Override
    public void close() {
        if (open.compareAndSet(true, false)) {
            release.run();
        }
    }
}
