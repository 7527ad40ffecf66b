package io.espalier.gpu;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;

/** JSON that somebody else has written, as its standard has it: one value, no name twice, at most 64 levels. */
public final class StrictJson {
    /** Levels of nesting. */
    public static final int DEEPEST = 64;

    private static final JsonMapper MESSAGES = mapper(StreamReadConstraints.DEFAULT_MAX_STRING_LEN);

    private StrictJson() {}

    /** Reads and writes messages; a text in them has at most 20,000,000 characters. */
    public static JsonMapper mapper() {
        return MESSAGES;
    }

    /** Reads and writes values whose texts have at most so many characters. */
    public static JsonMapper mapper(int longestText) {
        return JsonMapper.builder(JsonFactory.builder()
                        .streamReadConstraints(StreamReadConstraints.builder()
                                .maxNestingDepth(DEEPEST)
                                .maxStringLength(longestText)
                                .build())
                        .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                        .build())
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .build();
    }

    /** Tells whether UTF-8 can write the text: half a surrogate pair, which JSON can spell, is no character. */
    public static boolean isUnicode(String text) {
        return text.codePoints()
                .noneMatch(point -> point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE);
    }
}
