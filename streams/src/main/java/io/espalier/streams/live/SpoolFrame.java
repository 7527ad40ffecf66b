package io.espalier.streams.live;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.zip.CRC32C;

/**
 * A record as a spool holds it. Little-endian: length of the body, its CRC-32C, then the body: version (1 byte), number of
 * the record (8), when it came (8, milliseconds), bytes of its key (4, or -1 for none), the key, the JSON.
 *
 * @param bytes of the whole frame
 */
record SpoolFrame(long offset, SpoolRecord record, int bytes) {
    private static final byte VERSION = 1;
    private static final int HEAD = 8;
    private static final int FIXED = 1 + 8 + 8 + 4;
    /** The most bytes of a frame's body: a greater number is no length, since a record is bounded. */
    private static final int LARGEST = 1 << 27;

    static ByteBuffer of(long offset, SpoolRecord record) {
        byte[] key = record.key() == null ? new byte[0] : record.key().getBytes(StandardCharsets.UTF_8);
        int body = Math.addExact(FIXED + key.length, record.json().length);
        ByteBuffer frame = ByteBuffer.allocate(HEAD + body).order(ByteOrder.LITTLE_ENDIAN);
        frame.putInt(body).putInt(0);
        frame.put(VERSION).putLong(offset).putLong(record.arrived().toEpochMilli());
        frame.putInt(record.key() == null ? -1 : key.length).put(key).put(record.json());
        frame.putInt(4, crc(frame.slice(HEAD, body)));
        return frame.flip();
    }

    private static int crc(ByteBuffer body) {
        CRC32C crc = new CRC32C();
        crc.update(body);
        return (int) crc.getValue();
    }

    /** The frame at a position of a file; null where there is none that is whole and undamaged. */
    static SpoolFrame read(FileChannel file, long position) throws IOException {
        ByteBuffer head = fill(file, position, HEAD);
        if (head == null || head.getInt(0) < FIXED || head.getInt(0) > LARGEST) {
            return null;
        }
        ByteBuffer body =
                position + HEAD + head.getInt(0) <= file.size() ? fill(file, position + HEAD, head.getInt(0)) : null;
        return body == null ? null : decode(head.getInt(4), body);
    }

    private static ByteBuffer fill(FileChannel file, long position, int bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
        while (buffer.hasRemaining()) {
            if (file.read(buffer, position + buffer.position()) < 0) {
                return null;
            }
        }
        return buffer.flip();
    }

    private static SpoolFrame decode(int crc, ByteBuffer body) {
        if (crc(body.duplicate()) != crc || body.get() != VERSION) {
            return null;
        }
        int bytes = HEAD + body.limit();
        long offset = body.getLong();
        Instant arrived = Instant.ofEpochMilli(body.getLong());
        int keyLength = body.getInt();
        if (keyLength > body.remaining()) {
            return null;
        }
        byte[] key = new byte[Math.max(0, keyLength)];
        body.get(key);
        byte[] json = new byte[body.remaining()];
        body.get(json);
        String name = keyLength < 0 ? null : new String(key, StandardCharsets.UTF_8);
        return new SpoolFrame(offset, new SpoolRecord(name, arrived, json), bytes);
    }
}
