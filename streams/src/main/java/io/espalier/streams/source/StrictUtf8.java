package io.espalier.streams.source;

import io.espalier.gpu.Refused;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/** Decodes UTF-8 and refuses what is not: a replacement character would be learnt. */
final class StrictUtf8 {
    private StrictUtf8() {}

    static String decode(byte[] bytes, int length, Object where) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(bytes, 0, length))
                    .toString();
        } catch (CharacterCodingException e) {
            throw Refused.invalid(where, "text", "invalid UTF-8 (" + e.getMessage() + ")", "must be UTF-8");
        }
    }
}
