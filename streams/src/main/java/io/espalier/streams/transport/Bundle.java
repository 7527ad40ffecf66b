package io.espalier.streams.transport;

import io.espalier.streams.transport.FrameHeader.Kind;
import java.util.List;

/** The frames that answer, or ask about, one batch together; in the order of their parts. Owns them. */
public record Bundle(List<Frame> frames) implements AutoCloseable {
    public Bundle {
        frames = List.copyOf(frames);
    }

    /** What all of its frames have in common; the tensor's own fields are those of the first. */
    public FrameHeader header() {
        return frames.getFirst().header();
    }

    public Kind kind() {
        return header().kind();
    }

    @Override
    public void close() {
        frames.forEach(Frame::close);
    }
}
