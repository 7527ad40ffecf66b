package io.espalier.streams.live;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** The key by which a record's duplicates are known: bytes, which need not be text. */
final class RecordKey {
    private final byte[] bytes;

    private RecordKey(byte[] bytes) {
        this.bytes = bytes;
    }

    /** Makes a key of bytes; null where there are none. */
    static RecordKey of(byte[] bytes) {
        return bytes == null ? null : new RecordKey(bytes.clone());
    }

    /** Makes a key of a text; null where there is none. */
    static RecordKey of(String text) {
        return text == null ? null : new RecordKey(text.getBytes(StandardCharsets.UTF_8));
    }

    /** The beginning of its SHA-256. */
    long hash() {
        try {
            return ByteBuffer.wrap(MessageDigest.getInstance("SHA-256").digest(bytes))
                    .getLong();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** The key as people see it: its text, or where its bytes are none, their hexadecimal digits. */
    @Override
    public String toString() {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            return "0x" + HexFormat.of().formatHex(bytes);
        }
    }
}
