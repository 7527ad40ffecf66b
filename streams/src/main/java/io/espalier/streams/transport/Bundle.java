package io.espalier.streams.transport;

import io.espalier.streams.transport.FrameHeader.Kind;
import java.util.List;

/** The frames that answer, or ask about, one batch together; in the order of their parts. Owns them. */
public record Bundle(List<Frame> frames) implements AutoCloseable {
    public Bundle {
        frames = List.copyOf(frames);
    }

    /** The fields that all frames of the bundle share; those of the tensor itself are the first frame's. */
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
