package io.espalier.streams.live;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;

/** Reads one segment's records in their order; what is damaged is passed over as far as the next record that is not. */
final class SegmentReader implements AutoCloseable {
    private final FileChannel file;
    private long position;
    private long next;

    SegmentReader(SpoolSegment segment) throws IOException {
        this.file = FileChannel.open(segment.file(), StandardOpenOption.READ);
        this.next = segment.first();
    }

    /** A part of a segment: a whole record, or records that are lost. */
    sealed interface Found {}

    record Whole(SpoolFrame frame) implements Found {}

    /** Records that cannot be read. */
    record Lost(long from, long to) implements Found {}

    /** Null where nothing follows that is whole. */
    Found next() throws IOException {
        SpoolFrame frame = SpoolFrame.read(file, position);
        if (frame != null && frame.offset() == next) {
            position += frame.bytes();
            next++;
            return new Whole(frame);
        }
        return afterDamage();
    }

    /** The next frame of a later record: what lies between cannot be read. Looked for where one may begin. */
    private Found afterDamage() throws IOException {
        ByteBuffer rest = ByteBuffer.allocate(Math.toIntExact(Math.max(0, file.size() - position)))
                .order(ByteOrder.LITTLE_ENDIAN);
        while (rest.hasRemaining() && file.read(rest, position + rest.position()) >= 0) {}
        for (int at = 0; at + Integer.BYTES <= rest.position(); at++) {
            boolean isPlausible = rest.getInt(at) > 0 && rest.getInt(at) <= rest.position() - at;
            SpoolFrame later = isPlausible ? SpoolFrame.read(file, position + at) : null;
            if (later != null && later.offset() > next) {
                Lost lost = new Lost(next, later.offset());
                next = later.offset();
                position += at;
                return lost;
            }
        }
        return null;
    }

    /** Number of the record that would follow the last whole one. */
    long nextOffset() {
        return next;
    }

    /** The byte at which the last whole record ends. */
    long position() {
        return position;
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
