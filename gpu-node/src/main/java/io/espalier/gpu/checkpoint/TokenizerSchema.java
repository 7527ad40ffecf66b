package io.espalier.gpu.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.gpu.Refused;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The form of a tokenizer.json: sections, their types, and the fields without which a section cannot be read. */
final class TokenizerSchema {
    private static final int MAX_DEPTH = 32;
    private static final Set<String> MODELS = Set.of("BPE", "WordPiece", "WordLevel", "Unigram");

    /** Fields that a part must have, by its type; a question mark marks those that may be left out. */
    private static final Map<String, String> NORMALIZERS = Map.ofEntries(
            Map.entry("BertNormalizer", "clean_text:flag handle_chinese_chars:flag strip_accents:flag? lowercase:flag"),
            Map.entry("Strip", "strip_left:flag strip_right:flag"),
            Map.entry("StripAccents", ""),
            Map.entry("NFC", ""),
            Map.entry("NFD", ""),
            Map.entry("NFKC", ""),
            Map.entry("NFKD", ""),
            Map.entry("Lowercase", ""),
            Map.entry("Nmt", ""),
            Map.entry("ByteLevel", ""),
            Map.entry("Precompiled", "precompiled_charsmap:text?"),
            Map.entry("Replace", "pattern:pattern content:text"),
            Map.entry("Prepend", "prepend:text"),
            Map.entry("Sequence", "normalizers:parts"));

    private static final Map<String, String> PRE_TOKENIZERS = Map.ofEntries(
            Map.entry("BertPreTokenizer", ""),
            Map.entry("ByteLevel", "add_prefix_space:flag trim_offsets:flag use_regex:flag?"),
            Map.entry("CharDelimiterSplit", "delimiter:text"),
            Map.entry("Metaspace", "replacement:text add_prefix_space:flag? prepend_scheme:text? split:flag?"),
            Map.entry("Whitespace", ""),
            Map.entry("WhitespaceSplit", ""),
            Map.entry("Digits", "individual_digits:flag"),
            Map.entry("Punctuation", "behavior:text?"),
            Map.entry("Split", "pattern:pattern behavior:text invert:flag?"),
            Map.entry("UnicodeScripts", ""),
            Map.entry("FixedLength", "length:count"),
            Map.entry("Sequence", "pretokenizers:parts"));

    private static final Map<String, String> PROCESSORS = Map.of(
            "BertProcessing", "sep:pair cls:pair",
            "RobertaProcessing", "sep:pair cls:pair trim_offsets:flag add_prefix_space:flag",
            "ByteLevel", "add_prefix_space:flag trim_offsets:flag use_regex:flag?",
            "TemplateProcessing", "single:list pair:list special_tokens:object",
            "Sequence", "processors:parts");

    private static final Map<String, String> DECODERS = Map.ofEntries(
            Map.entry("BPEDecoder", "suffix:text"),
            Map.entry("ByteLevel", "add_prefix_space:flag trim_offsets:flag use_regex:flag?"),
            Map.entry("WordPiece", "prefix:text cleanup:flag"),
            Map.entry("Metaspace", "replacement:text add_prefix_space:flag? prepend_scheme:text? split:flag?"),
            Map.entry("CTC", "pad_token:text word_delimiter_token:text cleanup:flag"),
            Map.entry("Replace", "pattern:pattern content:text"),
            Map.entry("Fuse", ""),
            Map.entry("Strip", "content:text start:count stop:count"),
            Map.entry("ByteFallback", ""),
            Map.entry("Sequence", "decoders:parts"));

    private final Path file;
    private final JsonNode json;

    TokenizerSchema(Path file, JsonNode json) {
        this.file = file;
        this.json = json;
    }

    void check() {
        require(json.isObject(), "content", json.getNodeType(), "must be a JSON object");
        model(json.path("model"));
        addedTokens(json.path("added_tokens"));
        part("normalizer", json.path("normalizer"), NORMALIZERS, 0);
        part("pre_tokenizer", json.path("pre_tokenizer"), PRE_TOKENIZERS, 0);
        part("post_processor", json.path("post_processor"), PROCESSORS, 0);
        part("decoder", json.path("decoder"), DECODERS, 0);
        for (String section : List.of("truncation", "padding")) {
            JsonNode node = json.path(section);
            require(absent(node) || node.isObject(), section, node, "must be an object or null");
        }
    }

    private void model(JsonNode model) {
        require(model.isObject(), "model", shown(model), "must be an object");
        String type = model.path("type").asText("BPE");
        require(
                MODELS.contains(type),
                "model.type",
                type,
                "must be one of " + MODELS.stream().sorted().toList());
        JsonNode vocabulary = model.path("vocab");
        if (type.equals("Unigram")) {
            require(vocabulary.isArray(), "model.vocab", shown(vocabulary), "must be a list");
            for (JsonNode entry : vocabulary) {
                boolean piece = entry.isArray()
                        && entry.size() == 2
                        && entry.get(0).isTextual()
                        && entry.get(1).isNumber();
                require(piece, "model.vocab", entry, "must be pairs of a text and a number");
            }
            JsonNode unknown = model.path("unk_id");
            require(absent(unknown) || id(unknown), "model.unk_id", unknown, "must be an id");
            require(
                    absent(unknown) || unknown.asInt() < vocabulary.size(),
                    "model.unk_id",
                    unknown,
                    "must be below the " + vocabulary.size() + " of model.vocab");
            return;
        }
        require(vocabulary.isObject(), "model.vocab", shown(vocabulary), "must map tokens to ids");
        vocabulary
                .properties()
                .forEach(entry -> require(
                        id(entry.getValue()),
                        "model.vocab[" + entry.getKey() + "]",
                        entry.getValue(),
                        "must be an id"));
        if (type.equals("BPE")) {
            merges(model);
        }
    }

    private void merges(JsonNode model) {
        JsonNode merges = model.path("merges");
        require(merges.isArray(), "model.merges", shown(merges), "must be a list");
        for (JsonNode merge : merges) {
            boolean pair = merge.isTextual()
                    || (merge.isArray()
                            && merge.size() == 2
                            && merge.get(0).isTextual()
                            && merge.get(1).isTextual());
            require(pair, "model.merges", merge, "must be texts or pairs of texts");
        }
        for (String flag : List.of("fuse_unk", "byte_fallback", "ignore_merges")) {
            JsonNode node = model.path(flag);
            require(absent(node) || node.isBoolean(), "model." + flag, node, "must be true or false");
        }
        for (String text : List.of("unk_token", "continuing_subword_prefix", "end_of_word_suffix")) {
            JsonNode node = model.path(text);
            require(absent(node) || node.isTextual(), "model." + text, node, "must be a text or null");
        }
        JsonNode dropout = model.path("dropout");
        require(absent(dropout) || dropout.isNumber(), "model.dropout", dropout, "must be a number or null");
    }

    private void addedTokens(JsonNode tokens) {
        require(absent(tokens) || tokens.isArray(), "added_tokens", tokens, "must be a list");
        for (JsonNode token : tokens) {
            require(token.isObject(), "added_tokens", token, "must be objects");
            require(id(token.path("id")), "added_tokens.id", shown(token.path("id")), "must be an id");
            require(
                    token.path("content").isTextual(),
                    "added_tokens.content",
                    shown(token.path("content")),
                    "must be a text");
            for (String flag : List.of("single_word", "lstrip", "rstrip", "normalized", "special")) {
                JsonNode node = token.path(flag);
                require(
                        node.isMissingNode() || node.isBoolean(),
                        "added_tokens." + flag,
                        node,
                        "must be true or false");
            }
        }
    }

    private void part(String name, JsonNode part, Map<String, String> known, int depth) {
        if (absent(part)) {
            return;
        }
        require(depth < MAX_DEPTH, name, "deeper than " + MAX_DEPTH, "must be less deep");
        require(part.isObject(), name, part, "must be an object or null");
        JsonNode type = part.path("type");
        require(
                type.isTextual() && known.containsKey(type.asText()),
                name + ".type",
                shown(type),
                "must be one of " + known.keySet().stream().sorted().toList());
        for (String field : known.get(type.asText()).split(" ", -1)) {
            if (!field.isEmpty()) {
                field(name, part, field, known, depth);
            }
        }
    }

    private void field(String name, JsonNode part, String rule, Map<String, String> known, int depth) {
        String field = rule.substring(0, rule.indexOf(':'));
        boolean optional = rule.endsWith("?");
        String form = rule.substring(rule.indexOf(':') + 1, rule.length() - (optional ? 1 : 0));
        JsonNode value = part.path(field);
        if (optional && absent(value)) {
            return;
        }
        String where = name + "." + field;
        if (form.equals("parts")) {
            require(value.isArray(), where, shown(value), "must be a list");
            for (JsonNode each : value) {
                require(each.isObject(), where, each, "must be objects");
                part(where, each, known, depth + 1);
            }
            return;
        }
        boolean holds = switch (form) {
            case "flag" -> value.isBoolean();
            case "text" -> value.isTextual();
            case "count" -> id(value);
            case "list" -> value.isArray();
            case "object" -> value.isObject();
            case "pair" -> value.isArray() && value.size() == 2 && value.get(0).isTextual() && id(value.get(1));
            case "pattern" ->
                value.isObject()
                        && value.size() == 1
                        && (value.path("Regex").isTextual()
                                || value.path("String").isTextual());
            default -> throw new IllegalStateException(form);
        };
        require(holds, where, shown(value), "must be a " + form);
    }

    private static boolean absent(JsonNode node) {
        return node.isMissingNode() || node.isNull();
    }

    private static boolean id(JsonNode node) {
        return node.isInt() && node.asInt() >= 0;
    }

    private static Object shown(JsonNode node) {
        return node.isMissingNode() ? "absent" : node;
    }

    private void require(boolean holds, String field, Object value, String rule) {
        if (!holds) {
            String text = String.valueOf(value);
            throw Refused.invalid(file, field, text.length() > 80 ? text.substring(0, 80) + " ..." : text, rule);
        }
    }
}
