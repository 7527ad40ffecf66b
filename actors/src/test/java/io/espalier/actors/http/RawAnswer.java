package io.espalier.actors.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * An answer as it came back.
 *
 * @param headers names in lower case
 */
record RawAnswer(int status, Map<String, String> headers, String body) {
    static RawAnswer read(InputStream in, boolean hasBody) throws IOException {
        String[] start = line(in).split(" ", 3);
        Map<String, String> headers = new LinkedHashMap<>();
        for (String line = line(in); !line.isEmpty(); line = line(in)) {
            int colon = line.indexOf(':');
            headers.put(
                    line.substring(0, colon).toLowerCase(Locale.ROOT),
                    line.substring(colon + 1).strip());
        }
        return new RawAnswer(Integer.parseInt(start[1]), headers, hasBody ? body(in, headers) : "");
    }

    private static String body(InputStream in, Map<String, String> headers) throws IOException {
        if (headers.getOrDefault("content-type", "").startsWith("text/event-stream")) {
            return "";
        }
        int length = Integer.parseInt(headers.getOrDefault("content-length", "0"));
        byte[] bytes = in.readNBytes(length);
        if (bytes.length < length) {
            throw new EOFException("the body ended after " + bytes.length + " of " + length + " bytes");
        }
        return new String(bytes, StandardCharsets.UTF_8);
    }

    static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int next = in.read(); next != '\n'; next = in.read()) {
            if (next < 0) {
                throw new EOFException("the connection ended after [" + line + "]");
            }
            line.append((char) next);
        }
        return line.toString().stripTrailing();
    }

    ObjectNode json() {
        return Json.parse(body.getBytes(StandardCharsets.UTF_8));
    }

    /** The machine-readable reason of a problem; empty for another answer. */
    String code() {
        return headers.getOrDefault("content-type", "").equals("application/problem+json")
                ? json().path("code").asText()
                : "";
    }
}
