package io.espalier.streams.source;

import io.espalier.gpu.Refused;
import io.espalier.gpu.StrictJson;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/** Decodes UTF-8 and refuses what is not: a replacement character would be learnt. */
public final class StrictUtf8 {
    private static final String BYTE_ORDER_MARK = "\uFEFF";

    private StrictUtf8() {}

    /** The text without a byte order mark, which some editors put first. */
    public static String decode(byte[] bytes, int length, Object where) {
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(bytes, 0, length))
                    .toString();
            return text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text;
        } catch (CharacterCodingException e) {
            throw Refused.invalid(where, "text", "invalid UTF-8 (" + e.getMessage() + ")", "must be UTF-8");
        }
    }

    /** Refuses text that was spelt with half a surrogate pair. */
    public static void requireEncodable(Object where, String field, String text) {
        if (!StrictJson.isUnicode(text)) {
            throw Refused.invalid(where, field, "half a surrogate pair", "must be text that UTF-8 can write");
        }
    }
}
