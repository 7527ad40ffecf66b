package io.espalier.actors.card;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.file.Path;

/** Names that come from files, as text that neither YAML, Markdown nor HTML can take for more than a name. */
final class CardText {
    private static final ObjectWriter ASCII =
            JsonMapper.builder().build().writer().with(JsonWriteFeature.ESCAPE_NON_ASCII);

    private CardText() {}

    /** A name of letters, digits, spaces, dots, hyphens and underscores; anything else becomes an underscore. */
    static String plain(String name) {
        return name.replaceAll("[^\\p{L}\\p{M}\\p{N} ._-]", "_");
    }

    /** A plain name without the directories above it. */
    static String ofFile(Path file) {
        Path name = file.toAbsolutePath().normalize().getFileName();
        return name == null ? "model" : plain(name.toString());
    }

    /** The plain name at the end of a path that another file names. */
    static String ofFile(String path) {
        return plain(path.substring(path.lastIndexOf('/') + 1));
    }

    /** A plain name in Markdown, which must find neither emphasis nor a link in it. */
    static String escaped(String name) {
        return plain(name).replaceAll("[._-]", "\\\\$0");
    }

    /** A plain name as code. */
    static String code(String name) {
        return "`" + plain(name) + "`";
    }

    /** JSON in ASCII on one line, which is YAML, too. */
    static String yaml(JsonNode value) {
        try {
            // Escaped in JSON, but a character of its own to a reader of YAML.
            return ASCII.writeValueAsString(value).replace("\u007f", "\\u007f");
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
