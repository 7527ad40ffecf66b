package io.espalier.actors.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeSet;

/** The fields of a JSON body, read one by one; what breaks a rule is a {@link Problem} that names field, value and rule. */
final class Fields {
    private final ObjectNode body;
    private final Set<String> read = new TreeSet<>();

    Fields(ObjectNode body) {
        this.body = body;
    }

    private Optional<JsonNode> find(String name) {
        read.add(name);
        return Optional.ofNullable(body.get(name));
    }

    /** A text that matches, and has to be there. */
    String text(String name, String pattern) {
        return optionalText(name, pattern).orElseThrow(() -> Problem.invalid(name, "", "must be given"));
    }

    Optional<String> optionalText(String name, String pattern) {
        return find(name).map(value -> {
            if (!value.isTextual() || !value.textValue().matches(pattern)) {
                throw Problem.invalid(name, value, "must be a text that matches " + pattern);
            }
            return value.textValue();
        });
    }

    OptionalDouble number(String name, double least, double most) {
        Optional<JsonNode> value = find(name);
        if (value.isEmpty()) {
            return OptionalDouble.empty();
        }
        double number = value.get().isNumber() ? value.get().doubleValue() : Double.NaN;
        if (!(number >= least && number <= most)) {
            throw Problem.invalid(name, value.get(), "must be a number from " + least + " to " + most);
        }
        return OptionalDouble.of(number);
    }

    ObjectNode object(String name) {
        return find(name)
                .map(value -> value instanceof ObjectNode object ? object : null)
                .orElseThrow(() -> Problem.invalid(name, body.path(name), "must be an object"));
    }

    /** A path from the root of the file system, which has to be there. */
    Path absolute(String name) {
        String text = text(name, "[^\\x00]{1,4096}");
        try {
            Path path = Path.of(text);
            if (path.isAbsolute()) {
                return path;
            }
        } catch (InvalidPathException e) {
            throw Problem.invalid(name, text, "must be a path: " + e.getReason());
        }
        throw Problem.invalid(name, text, "must be an absolute path");
    }

    /** Refuses a field that has not been read; called last. */
    void requireNoOther() {
        body.fieldNames().forEachRemaining(name -> {
            if (!read.contains(name)) {
                throw Problem.invalid(name, body.get(name), "is no field: known are " + read);
            }
        });
    }
}
