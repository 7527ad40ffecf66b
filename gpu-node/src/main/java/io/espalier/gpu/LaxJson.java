package io.espalier.gpu;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamWriteConstraints;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.regex.Pattern;

/**
 * JSON as Python's json module reads and writes it: {@code NaN} and {@code Infinity} are numbers, and no text, name or
 * number is too long. Of fields that are named twice the last one counts.
 */
public final class LaxJson {
    /** Levels of nesting; each costs memory while it is open. */
    private static final int MAX_DEPTH = 10_000;

    /** Digits that Python turns into an integer unless it is told otherwise. */
    private static final int MAX_DIGITS = 4_300;

    /** The parts of a message of Jackson that name its own settings and sources. */
    private static final Pattern SETTINGS = Pattern.compile(
            "( ?\\(start marker at \\[Source: [^\\]]*\\]\\))|(, from `[^`]*`)|(: enable `[^`]*` to allow)|(\\(for"
                    + " [^)]*\\))|`");

    /**
     * The parts of a message of Jackson that quote the text. They are left out: the text may come from any file, and
     * anybody may read the message.
     */
    private static final Pattern QUOTED = Pattern.compile(" ?\\('.*?' \\(code [^)]*\\)\\)| ?'[^']*'| ?\"[^\"]*\"");

    private static final ObjectMapper MAPPER = mapper(MAX_DIGITS);

    private LaxJson() {}

    private static ObjectMapper mapper(int digits) {
        return JsonMapper.builder(factory(digits))
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .build();
    }

    private static JsonFactory factory(int digits) {
        return JsonFactory.builder()
                .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
                .disable(JsonWriteFeature.WRITE_NAN_AS_STRINGS)
                .streamWriteConstraints(StreamWriteConstraints.builder()
                        .maxNestingDepth(MAX_DEPTH)
                        .build())
                .streamReadConstraints(StreamReadConstraints.builder()
                        .maxStringLength(Integer.MAX_VALUE)
                        .maxNameLength(Integer.MAX_VALUE)
                        .maxNumberLength(digits)
                        .maxNestingDepth(MAX_DEPTH)
                        .build())
                .build();
    }

    /** Gives a mapper that reads and writes whole values: numbers are at most 4,300 digits long. */
    public static ObjectMapper mapper() {
        return MAPPER;
    }

    /** Gives a factory that reads token by token: numbers that nobody asks for are passed over, however long. */
    public static JsonFactory tokens() {
        return factory(Integer.MAX_VALUE);
    }

    /** The content of a file, which must be JSON in UTF-8. */
    public static JsonNode read(Path file) {
        try {
            // Decoded first: a JSON parser would guess at the encoding.
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(Files.readAllBytes(file)))
                    .toString();
            JsonNode json = MAPPER.readTree(text);
            if (json.isMissingNode()) {
                throw Refused.invalid(file, "content", "empty", "must be JSON");
            }
            return json;
        } catch (NoSuchFileException | FileNotFoundException e) {
            throw new Refused(Refused.Reason.NOT_FOUND, file + ": must be there", e);
        } catch (CharacterCodingException e) {
            throw new Refused(Refused.Reason.VALIDATION, file + ": content is no UTF-8: must be JSON", e);
        } catch (JsonProcessingException e) {
            throw new Refused(
                    Refused.Reason.VALIDATION, file + ": content is no JSON (" + problem(e) + "): must be JSON", e);
        } catch (IOException e) {
            throw new UncheckedIOException(file.toString(), e);
        }
    }

    /** The content of a file as {@link #read} gives it, or a missing node where there is no file. */
    public static JsonNode readIfThere(Path file) {
        return Files.exists(file) ? read(file) : MAPPER.missingNode();
    }

    /** Returns the mistake in a text and its place, in words that name no library and quote nothing of the text. */
    public static String problem(JsonProcessingException e) {
        String said = SETTINGS.matcher(String.valueOf(e.getOriginalMessage())).replaceAll("");
        String text = QUOTED.matcher(said).replaceAll("");
        String where = e.getLocation() == null
                ? ""
                : "line " + e.getLocation().getLineNr() + ", column "
                        + e.getLocation().getColumnNr() + ": ";
        return where + text.replace('\n', ' ').strip();
    }
}
