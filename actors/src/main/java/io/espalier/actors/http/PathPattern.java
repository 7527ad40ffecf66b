package io.espalier.actors.http;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** A path whose segments are literal or, in braces, names of what clients put there: {@code /v1/jobs/{job}}. */
final class PathPattern {
    /** The values that a name in braces may take: none could mean another path or needs an escape. */
    private static final Pattern VALUE = Pattern.compile("[A-Za-z0-9_-]{1,128}");

    private final String text;
    private final List<String> segments;

    PathPattern(String text) {
        this.text = text;
        this.segments = split(text);
    }

    private static List<String> split(String path) {
        return Arrays.asList(path.split("/", -1));
    }

    /** The values by name; empty where the path is another. Nothing is decoded: what is escaped is another path. */
    Optional<Map<String, String>> match(String path) {
        List<String> found = split(path);
        if (found.size() != segments.size()) {
            return Optional.empty();
        }
        Map<String, String> values = new HashMap<>();
        for (int i = 0; i < found.size(); i++) {
            String segment = segments.get(i);
            String value = found.get(i);
            if (segment.startsWith("{")) {
                if (!VALUE.matcher(value).matches()) {
                    return Optional.empty();
                }
                values.put(segment.substring(1, segment.length() - 1), value);
            } else if (!segment.equals(value)) {
                return Optional.empty();
            }
        }
        return Optional.of(values);
    }

    /** Names in braces, in their order. */
    List<String> names() {
        return segments.stream()
                .filter(segment -> segment.startsWith("{"))
                .map(segment -> segment.substring(1, segment.length() - 1))
                .toList();
    }

    @Override
    public String toString() {
        return text;
    }
}
