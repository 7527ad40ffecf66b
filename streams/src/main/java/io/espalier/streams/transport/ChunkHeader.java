package io.espalier.streams.transport;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The header before each message's body (see the package for the layout). One object serves all messages of a stream.
 */
final class ChunkHeader {
    static final int BYTES = 40;
    static final byte BEGIN = 1;
    static final byte CHUNK = 2;

    private static final short MAGIC = 0x4573;
    private static final byte VERSION = 1;
    private static final byte SEALED = (byte) 0x80;
    private static final int KIND_AT = 3;
    private static final int CRC_AT = 4;
    private static final int COUNTER_AT = 8;
    private static final int FRAME_AT = 16;
    private static final int OFFSET_AT = 24;
    private static final int LENGTH_AT = 32;
    private static final int RESERVED_AT = 36;
    private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;

    private final byte[] bytes = new byte[BYTES];
    private final UnsafeBuffer fields = new UnsafeBuffer(bytes);
    private final CRC32C crc = new CRC32C();
    private int statedCrc;

    void set(byte kind, boolean sealed, long counter, long frame, long offset, int length) {
        fields.putShort(0, MAGIC, ORDER);
        bytes[2] = VERSION;
        bytes[KIND_AT] = sealed ? (byte) (kind | SEALED) : kind;
        fields.putInt(CRC_AT, 0);
        fields.putLong(COUNTER_AT, counter, ORDER);
        fields.putLong(FRAME_AT, frame, ORDER);
        fields.putLong(OFFSET_AT, offset, ORDER);
        fields.putInt(LENGTH_AT, length, ORDER);
        fields.putInt(RESERVED_AT, 0);
    }

    /** Writes the header with the checksum of itself and of the body, which is in its place already. */
    void write(MutableDirectBuffer buffer, int offset, ByteBuffer body) {
        int checksum = checksum(body);
        buffer.putBytes(offset, bytes);
        buffer.putInt(offset + CRC_AT, checksum, ORDER);
    }

    /** Reads one; false if it is none. */
    boolean read(DirectBuffer buffer, int offset, int length) {
        if (length < BYTES) {
            return false;
        }
        buffer.getBytes(offset, bytes);
        statedCrc = fields.getInt(CRC_AT, ORDER);
        fields.putInt(CRC_AT, 0);
        return fields.getShort(0, ORDER) == MAGIC
                && bytes[2] == VERSION
                && kind() >= BEGIN
                && kind() <= CHUNK
                && fields.getInt(RESERVED_AT) == 0
                && offset() >= 0
                && length() >= 0;
    }

    private int checksum(ByteBuffer body) {
        crc.reset();
        crc.update(bytes, 0, BYTES);
        crc.update(body);
        return (int) crc.getValue();
    }

    /** Whether header and body are as they were sent. */
    boolean fits(ByteBuffer body) {
        return checksum(body) == statedCrc;
    }

    /** The header without its checksum: what a seal covers beside the body. */
    byte[] sealedAlong() {
        return bytes;
    }

    byte kind() {
        return (byte) (bytes[KIND_AT] & ~SEALED);
    }

    boolean begins() {
        return kind() == BEGIN;
    }

    boolean sealed() {
        return (bytes[KIND_AT] & SEALED) != 0;
    }

    /** Number of the message. */
    long counter() {
        return fields.getLong(COUNTER_AT, ORDER);
    }

    /** Number of the frame. */
    long frame() {
        return fields.getLong(FRAME_AT, ORDER);
    }

    /** The offset in the payload at which the body belongs; 0 for the beginning. */
    long offset() {
        return fields.getLong(OFFSET_AT, ORDER);
    }

    /** Bytes of the body, without what sealing adds. */
    int length() {
        return fields.getInt(LENGTH_AT, ORDER);
    }
}
