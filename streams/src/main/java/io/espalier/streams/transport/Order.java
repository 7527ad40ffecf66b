package io.espalier.streams.transport;

/** The newest message and frame of one sender: their numbers only rise, so an old one is a replay. */
final class Order {
    private long message = -1;
    private long frame = -1;

    boolean isNew(ChunkHeader header) {
        return header.counter() > message && (header.begins() ? header.frame() > frame : header.frame() == frame);
    }

    void seen(ChunkHeader header) {
        message = header.counter();
        frame = header.frame();
    }
}
