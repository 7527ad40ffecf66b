package io.espalier.actors.settings;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** The encoding of a certificate: the Distinguished Encoding Rules of ASN.1 (X.690), as far as it needs them. */
final class Der {
    private static final int BOOLEAN = 0x01;
    private static final int INTEGER = 0x02;
    private static final int BIT_STRING = 0x03;
    private static final int OCTET_STRING = 0x04;
    private static final int UTF8_STRING = 0x0c;
    private static final int UTC_TIME = 0x17;
    private static final int GENERALIZED_TIME = 0x18;
    private static final int SEQUENCE = 0x30;
    private static final int SET = 0x31;
    private static final int EXPLICIT = 0xa0;
    private static final int SHORT_LENGTH = 0x80;

    private Der() {}

    static byte[] sequence(byte[]... parts) {
        return value(SEQUENCE, parts);
    }

    static byte[] set(byte[]... parts) {
        return value(SET, parts);
    }

    /** A value under a tag of its context. */
    static byte[] explicit(int tag, byte[] content) {
        return value(EXPLICIT + tag, content);
    }

    /** @param bytes two's complement, the shortest */
    static byte[] integer(byte[] bytes) {
        return value(INTEGER, bytes);
    }

    static byte[] yes() {
        return value(BOOLEAN, new byte[] {(byte) 0xff});
    }

    static byte[] octets(byte[] bytes) {
        return value(OCTET_STRING, bytes);
    }

    static byte[] bits(byte[] bytes) {
        return value(BIT_STRING, new byte[] {0}, bytes);
    }

    static byte[] text(String text) {
        return value(UTF8_STRING, text.getBytes(StandardCharsets.UTF_8));
    }

    /** @param time {@code YYYYMMDDHHMMSSZ}, or {@code YYMMDDHHMMSSZ} up to 2049 */
    static byte[] time(String time) {
        boolean isShort = time.length() == "YYMMDDHHMMSSZ".length();
        return value(isShort ? UTC_TIME : GENERALIZED_TIME, time.getBytes(StandardCharsets.US_ASCII));
    }

    private static byte[] value(int tag, byte[]... parts) {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            content.writeBytes(part);
        }
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.write(tag);
        int length = content.size();
        if (length < SHORT_LENGTH) {
            all.write(length);
        } else if (length <= 0xff) {
            all.write(SHORT_LENGTH + 1);
            all.write(length);
        } else {
            all.write(SHORT_LENGTH + 2);
            all.write(length >> 8);
            all.write(length);
        }
        all.writeBytes(content.toByteArray());
        return all.toByteArray();
    }
}
