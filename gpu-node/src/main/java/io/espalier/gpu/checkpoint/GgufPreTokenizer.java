package io.espalier.gpu.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.gpu.Notices;
import io.espalier.gpu.Refused;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The name that llama.cpp has for the way in which a tokenizer splits text before byte-pair encoding. It is found by
 * the splitting patterns themselves, as the vocabulary code of llama.cpp has them. A way that llama.cpp does not know
 * is refused, since it would read other tokens.
 */
final class GgufPreTokenizer {
    private static final String CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
    private static final String WORDS = "[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|";
    private static final String REST = "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    private static final String REST_WITH_SLASH = "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    private static final String BYTE_LEVEL = "ByteLevel";
    private static final String DIGITS = "Digits";

    /** Words that end in small letters, or else in capital ones. */
    private static String cased(String suffix) {
        String any = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
        String small = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";
        String before = "[^\\r\\n\\p{L}\\p{N}]?" + any;
        return before + "*" + small + "+" + suffix + "|" + before + "+" + small + "*" + suffix + "|";
    }

    /** Names by the steps of splitting; those of the second map take a word that is a token without merging it. */
    private static final Map<List<String>, String> MERGING = Map.of(
            List.of(BYTE_LEVEL),
            "gpt-2",
            List.of(DIGITS, BYTE_LEVEL),
            "smollm",
            List.of(CONTRACTIONS + "|" + WORDS + "\\p{N}" + REST),
            "qwen2",
            List.of(WORDS + "\\p{N}" + REST),
            "ufakzeka",
            List.of(CONTRACTIONS + "|" + WORDS + "\\p{N}{1,3}" + REST),
            "smaug-bpe",
            List.of(CONTRACTIONS
                    + "|"
                    + WORDS
                    + "\\p{N}{1}| ?[^\\s\\p{L}\\p{N}\\r\\n]+|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"),
            "seed-coder",
            List.of(cased(CONTRACTIONS + "?") + "\\p{N}{1,3}" + REST_WITH_SLASH),
            "gpt-4o");

    private static final Map<List<String>, String> WHOLE_WORDS = Map.of(
            List.of(CONTRACTIONS + "|" + WORDS + "\\p{N}{1,3}" + REST),
            "llama-bpe",
            List.of(cased("") + "\\p{N}" + REST_WITH_SLASH),
            "tekken");

    private final Path file;
    private final JsonNode json;
    private final List<String> steps = new ArrayList<>();
    private boolean bytes;

    private GgufPreTokenizer(Path file, JsonNode json) {
        this.file = file;
        this.json = json;
    }

    /** The value of {@code tokenizer.ggml.pre}. */
    static String of(TokenizerJson tokenizer) {
        return new GgufPreTokenizer(tokenizer.file(), tokenizer.json()).name();
    }

    private String name() {
        normalizer(json.path("normalizer"));
        add(json.path("pre_tokenizer"));
        boolean whole = json.path("model").path("ignore_merges").asBoolean();
        String name = (whole ? WHOLE_WORDS : MERGING).get(steps);
        if (name == null || !bytes) {
            throw Refused.invalid(
                    file,
                    "pre_tokenizer",
                    json.path("pre_tokenizer"),
                    "must split text, with ignore_merges " + whole
                            + ", in a way that llama.cpp has a name for: it would read other tokens");
        }
        return name;
    }

    private void normalizer(JsonNode normalizer) {
        if (normalizer.path("type").asText().equals("NFC")) {
            Notices.tell(file + ": the normalizer NFC is not applied by llama.cpp: there, text that is not in that"
                    + " form has other tokens");
        } else if (normalizer.isObject()) {
            throw Refused.invalid(file, "normalizer", normalizer, "must be absent or NFC: llama.cpp has none");
        }
    }

    private void add(JsonNode part) {
        switch (part.path("type").asText()) {
            case "Sequence" -> part.path("pretokenizers").forEach(this::add);
            case "ByteLevel" -> byteLevel(part);
            case "Digits" -> steps.add(part.path("individual_digits").asBoolean() ? DIGITS : "Digits together");
            case "Split" -> steps.add(split(part));
            default -> steps.add(part.toString());
        }
    }

    private void byteLevel(JsonNode part) {
        if (part.path("add_prefix_space").asBoolean(true)) {
            throw Refused.invalid(file, "add_prefix_space", true, "must be false: llama.cpp puts no space first");
        }
        bytes = true;
        if (part.path("use_regex").asBoolean(true)) {
            steps.add(BYTE_LEVEL);
        }
    }

    /** Patterns that leave nothing out split alike, whether what they find is isolated or what they do not is removed. */
    private static String split(JsonNode part) {
        boolean inverted = part.path("invert").asBoolean();
        String behavior = part.path("behavior").asText();
        boolean plain = inverted ? behavior.equals("Removed") : behavior.equals("Isolated");
        return plain ? part.path("pattern").path("Regex").asText() : part.toString();
    }
}
