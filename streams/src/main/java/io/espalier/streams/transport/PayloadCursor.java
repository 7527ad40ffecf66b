package io.espalier.streams.transport;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.util.List;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Walks over the pieces of a payload as if they were one, copying or sealing them into messages. */
final class PayloadCursor {
    private final UnsafeBuffer source = new UnsafeBuffer();
    private List<MemorySegment> pieces = List.of();
    private int piece;
    private long within;

    void start(List<MemorySegment> payload) {
        pieces = payload;
        piece = 0;
        within = 0;
    }

    void copy(MutableDirectBuffer target, int offset, int length) {
        int done = 0;
        while (done < length) {
            int run = run(length - done);
            source.wrap(pieces.get(piece).address() + within, run);
            target.putBytes(offset + done, source, 0, run);
            advance(run);
            done += run;
        }
    }

    void seal(Seal seal, ByteBuffer target, int length) throws GeneralSecurityException {
        int done = 0;
        while (done < length) {
            int run = run(length - done);
            ByteBuffer clear = pieces.get(piece).asSlice(within, run).asByteBuffer();
            advance(run);
            done += run;
            if (done == length) {
                seal.last(clear, target);
            } else {
                seal.more(clear, target);
            }
        }
    }

    private int run(int wanted) {
        while (within == pieces.get(piece).byteSize()) {
            piece++;
            within = 0;
        }
        return (int) Math.min(wanted, pieces.get(piece).byteSize() - within);
    }

    private void advance(int run) {
        within += run;
    }
}
