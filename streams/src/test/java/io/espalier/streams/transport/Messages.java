package io.espalier.streams.transport;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;

/** The messages that a sender makes of frames, without Aeron between: for tests that change them on their way. */
final class Messages {
    private final Seal seal;
    private final ChunkHeader chunk = new ChunkHeader();
    private long message;
    private long frame;

    /** @param seal null for plain ones */
    Messages(Seal seal) {
        this.seal = seal;
    }

    List<UnsafeBuffer> of(FrameHeader header, byte[] payload, int chunkBytes) {
        List<UnsafeBuffer> messages = new ArrayList<>();
        UnsafeBuffer head = new UnsafeBuffer(ByteBuffer.allocateDirect(FrameHeaderCodec.BYTES));
        FrameHeaderCodec.write(header, head, 0);
        messages.add(message(ChunkHeader.BEGIN, 0, head.byteBuffer()));
        for (int at = 0; at < payload.length; at += chunkBytes) {
            int length = Math.min(chunkBytes, payload.length - at);
            messages.add(message(ChunkHeader.CHUNK, at, ByteBuffer.wrap(payload, at, length)));
        }
        frame++;
        return messages;
    }

    private UnsafeBuffer message(byte kind, long offset, ByteBuffer body) {
        int length = body.remaining();
        int salt = seal != null && kind == ChunkHeader.BEGIN ? Seal.SALT_BYTES : 0;
        int bodyLength = seal == null ? length : salt + length + Seal.TAG_BYTES;
        ByteBuffer bytes = ByteBuffer.allocateDirect(ChunkHeader.BYTES + bodyLength);
        chunk.set(kind, seal != null, message++, frame, offset, length);
        bytes.position(ChunkHeader.BYTES);
        if (seal == null) {
            bytes.put(body);
        } else {
            bytes.put(seal.salt(), 0, salt);
            try {
                seal.begin(chunk);
                seal.last(body, bytes);
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException(e);
            }
        }
        UnsafeBuffer buffer = new UnsafeBuffer(bytes.clear());
        chunk.write(buffer, 0, bytes.duplicate().position(ChunkHeader.BYTES));
        return buffer;
    }

    /** Makes a changed message's checksum right, as someone would who wants it to be believed. */
    static void sign(UnsafeBuffer message) {
        ChunkHeader header = new ChunkHeader();
        if (header.read(message, 0, message.capacity())) {
            ByteBuffer body = message.byteBuffer().duplicate().clear().position(ChunkHeader.BYTES);
            header.write(message, 0, body);
        }
    }

    static byte[] payload(int bytes) {
        byte[] payload = new byte[bytes];
        for (int i = 0; i < bytes; i++) {
            payload[i] = (byte) (31 * i + 7);
        }
        return payload;
    }

    static byte[] bytes(MemorySegment memory) {
        return memory.toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
    }
}
