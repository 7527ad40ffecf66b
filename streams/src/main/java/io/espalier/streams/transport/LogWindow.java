package io.espalier.streams.transport;

import java.nio.ByteBuffer;
import org.agrona.DirectBuffer;

/** A view of Aeron's memory for checksums and ciphers, which want a ByteBuffer: made once for each term, not each message. */
final class LogWindow {
    private ByteBuffer term;
    private ByteBuffer view;

    /** The bytes of the buffer, until the next call. Which term it is matters, not what lies in it. */
    @SuppressWarnings("ReferenceEquality")
    ByteBuffer of(DirectBuffer buffer, int offset, int length) {
        ByteBuffer whole = buffer.byteBuffer();
        if (whole != term) {
            term = whole;
            view = whole.duplicate();
        }
        int start = buffer.wrapAdjustment() + offset;
        view.limit(start + length).position(start);
        return view;
    }
}
