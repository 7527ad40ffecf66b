package io.espalier.streams.transport;

import io.espalier.gpu.Safeguard;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Makes frames of the messages of one sender's session. A fault of a message drops its frame and is counted, before any
 * memory is taken for it; no message makes it throw. Belongs to the transport's thread.
 */
final class Assembler {
    private final Expected expected;
    private final long largestFrame;
    private final Window window;
    private final SealRing seals;
    private final ChunkHeader chunk = new ChunkHeader();
    private final LogWindow log = new LogWindow();
    private final Order plainOrder = new Order();
    private final byte[] salt = new byte[Seal.SALT_BYTES];
    private final ByteBuffer openedBytes = ByteBuffer.allocate(FrameHeaderCodec.BYTES);
    private final UnsafeBuffer opened = new UnsafeBuffer(openedBytes);
    private final UnsafeBuffer target = new UnsafeBuffer();

    /** The seal of the sender whose frame is being assembled; null where frames are not sealed. */
    private Seal seal;
    /** Null between frames. */
    private Place place;

    private long frame;
    private FrameHeader header;
    private long bytes;
    private long received;
    /** Dropped and counted: what still comes of it is ignored. */
    private long dropped = -1;

    /**
     * Makes the assembler of one session.
     *
     * @param seals null where frames are not sealed
     */
    Assembler(Expected expected, long largestFrame, Window window, SealRing seals) {
        this.expected = expected;
        this.largestFrame = largestFrame;
        this.window = window;
        this.seals = seals;
    }

    /** Whether a frame has begun and has not ended. */
    boolean isAssembling() {
        return place != null;
    }

    /** Takes a message; false if it must come again because the window is shut. */
    boolean take(DirectBuffer buffer, int offset, int length) {
        if (!chunk.read(buffer, offset, length)) {
            drop(DropReason.MALFORMED);
            return true;
        }
        boolean begins = chunk.begins();
        if (begins && place == null && !window.isOpen()) {
            return false;
        }
        int body = offset + ChunkHeader.BYTES;
        int bodyLength = length - ChunkHeader.BYTES;
        if (chunk.sealed() != (seals != null)) {
            drop(DropReason.SEALED_OTHERWISE);
        } else if (bodyLength != expectedBody(begins)) {
            drop(DropReason.MALFORMED);
        } else if (Safeguard.FRAME_CRC.on() && !chunk.fits(log.of(buffer, body, bodyLength))) {
            drop(DropReason.CORRUPT);
        } else if (begins) {
            return begin(buffer, body);
        } else {
            append(buffer, body);
        }
        return true;
    }

    private long expectedBody(boolean begins) {
        long added = seals == null ? 0 : Seal.TAG_BYTES + (begins ? Seal.SALT_BYTES : 0);
        return chunk.length() + added;
    }

    private boolean begin(DirectBuffer buffer, int body) {
        if (chunk.length() != FrameHeaderCodec.BYTES || chunk.offset() != 0) {
            drop(DropReason.MALFORMED);
            return true;
        }
        Seal sender = null;
        if (seals != null) {
            buffer.getBytes(body, salt);
            sender = seals.of(salt).orElse(null);
            if (sender == null) {
                drop(DropReason.REPLAYED);
                return true;
            }
        }
        Order order = sender == null ? plainOrder : sender.order();
        if (!order.isNew(chunk)) {
            window.drop(DropReason.REPLAYED);
            return true;
        }
        if (sender != null && !open(sender, buffer, body)) {
            drop(DropReason.FORGED);
            return true;
        }
        // The sender has begun anew: what it had begun before will not be finished.
        abandon();
        if (!window.isOpen()) {
            return false;
        }
        order.seen(chunk);
        if (sender != null) {
            seals.know(sender);
        }
        seal = sender;
        start(sender == null ? buffer : opened, sender == null ? body : 0);
        return true;
    }

    private boolean open(Seal sender, DirectBuffer buffer, int body) {
        int sealed = FrameHeaderCodec.BYTES + Seal.TAG_BYTES;
        return sender.open(chunk, log.of(buffer, body + Seal.SALT_BYTES, sealed), openedBytes.clear());
    }

    private void start(DirectBuffer buffer, int at) {
        if (!FrameHeaderCodec.expected(expected, buffer, at)) {
            drop(DropReason.FOREIGN);
            return;
        }
        Optional<FrameHeader> read = FrameHeaderCodec.read(buffer, at);
        if (read.isEmpty()) {
            drop(DropReason.MALFORMED);
            return;
        }
        long size = read.get().bytes();
        if (size > largestFrame) {
            drop(DropReason.OVERSIZED);
            return;
        }
        frame = chunk.frame();
        header = read.get();
        bytes = size;
        received = 0;
        place = window.begin(bytes);
        finishIfWhole();
    }

    private void append(DirectBuffer buffer, int body) {
        if (place == null) {
            drop(DropReason.INCOMPLETE);
            return;
        }
        Order order = seal == null ? plainOrder : seal.order();
        if (!order.isNew(chunk)) {
            window.drop(DropReason.REPLAYED);
            return;
        }
        int length = chunk.length();
        if (length == 0 || length > bytes - received) {
            drop(DropReason.MALFORMED);
            return;
        }
        if (chunk.offset() != received) {
            drop(DropReason.INCOMPLETE);
            return;
        }
        if (seal == null) {
            target.wrap(place.segment().address() + received, length);
            buffer.getBytes(body, target, 0, length);
        } else if (!seal.open(chunk, log.of(buffer, body, length + Seal.TAG_BYTES), place(length))) {
            drop(DropReason.FORGED);
            return;
        }
        order.seen(chunk);
        received += length;
        finishIfWhole();
    }

    private ByteBuffer place(int length) {
        int start = Math.toIntExact(received);
        return place.view().limit(start + length).position(start);
    }

    private void finishIfWhole() {
        if (received == bytes) {
            Place whole = place;
            place = null;
            window.arrived(header, whole);
        }
    }

    /** Drops what is being assembled, as its rest will not come. */
    void abandon() {
        if (place != null) {
            drop(DropReason.INCOMPLETE);
        }
    }

    /** Drops the frame of this message, counted once, and the one being assembled: the two are one, or the session is out of order. */
    private void drop(DropReason reason) {
        if (place == null) {
            if (chunk.begins() || chunk.frame() != dropped) {
                window.drop(reason);
            }
            dropped = chunk.frame();
        } else {
            dropped = frame;
            Place abandoned = place;
            place = null;
            window.drop(abandoned, reason);
        }
    }
}
