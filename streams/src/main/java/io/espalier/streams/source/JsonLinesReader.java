package io.espalier.streams.source;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.gpu.Refused;
import io.espalier.gpu.batch.Provenance;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** Lines of JSON objects; blank lines are passed over. A document's offset is its line, counted from 0. */
final class JsonLinesReader implements DocumentReader {
    private static final ObjectMapper JSON = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private final TextFile file;
    private final String textField;
    private final InputStream in;
    private long line = -1;

    JsonLinesReader(TextFile file, String textField) {
        this.file = file;
        this.textField = textField;
        this.in = file.stream();
    }

    @Override
    public Document next() {
        String json = nextFullLine();
        return json == null
                ? null
                : new Document(text(json), new Provenance(file.path().toString(), 0, line, line + 1));
    }

    /** Lines alone, without a look at what they hold. */
    @Override
    public void skip(long documents) {
        for (long i = 0; i < documents; i++) {
            nextFullLine();
        }
    }

    private String nextFullLine() {
        String json = nextLine();
        while (json != null && json.isBlank()) {
            json = nextLine();
        }
        return json;
    }

    private String nextLine() {
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream(1024);
            int b = in.read();
            if (b < 0) {
                return null;
            }
            for (; b >= 0 && b != '\n'; b = in.read()) {
                bytes.write(b);
            }
            line++;
            return StrictUtf8.decode(bytes.toByteArray(), bytes.size(), where());
        } catch (IOException e) {
            throw file.unreadable(e);
        }
    }

    private String text(String json) {
        try {
            JsonNode node = JSON.readTree(json);
            JsonNode text = node.path(textField);
            if (!text.isTextual()) {
                throw Refused.invalid(
                        where(),
                        textField,
                        text.isMissingNode() ? "absent" : text,
                        "must be a text (--text-field names the field)");
            }
            if (!StandardCharsets.UTF_8.newEncoder().canEncode(text.asText())) {
                throw Refused.invalid(where(), textField, "half a surrogate pair", "must be text that UTF-8 can write");
            }
            return text.asText();
        } catch (JsonProcessingException e) {
            throw Refused.invalid(where(), "line", "no JSON (" + e.getOriginalMessage() + ")", "must be a JSON object");
        }
    }

    /** File and line as editors count them. */
    private String where() {
        return file.path() + ":" + (line + 1);
    }

    @Override
    public void close() {
        try {
            in.close();
        } catch (IOException e) {
            throw new UncheckedIOException(file.path().toString(), e);
        }
    }
}
