package io.espalier.streams.batch;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.gpu.checkpoint.TokenizerJson;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The places at which a text may be cut so that a tokenizer gives its pieces the ids of the whole: before a space
 * between letters, and after a line break before a letter. A cut is safe where no token reaches over such a place: then
 * neither the merges of one side nor the best way through it depend on the other side.
 *
 * @param atSpace whether text may be cut before a space between letters
 * @param atLine whether it may be cut after a line break before a letter
 * @param withoutSpace whether the piece behind a space is to be encoded without it, since the tokenizer puts one first
 */
record SafeCuts(boolean atSpace, boolean atLine, boolean withoutSpace) {
    /** The spellings of a space in vocabularies: as it is, its byte as a letter, and SentencePiece's mark. */
    private static final String SPACES = " \u0120\u2581";

    /** The spellings of a line break: as it is, and its byte as a letter. */
    private static final String LINES = "\n\u010a";

    static SafeCuts of(TokenizerJson tokenizer) {
        List<JsonNode> normalizers = parts(tokenizer.json().path("normalizer"), "normalizers");
        List<JsonNode> preTokenizers = parts(tokenizer.json().path("pre_tokenizer"), "pretokenizers");
        boolean local = normalizers.stream().noneMatch(part -> is(part, "Strip"))
                && preTokenizers.stream().noneMatch(part -> is(part, "FixedLength"))
                && !tokenizer.json().path("model").path("dropout").isNumber();
        List<JsonNode> prepended =
                normalizers.stream().filter(part -> is(part, "Prepend")).toList();
        boolean known = prepended.isEmpty()
                || (prepended.size() == 1
                        && prepended.getFirst().path("prepend").asText().equals("\u2581"));
        boolean first = !prepended.isEmpty() || preTokenizers.stream().anyMatch(part -> prefixes(part));
        boolean added = Stream.of(tokenizer.json().path("added_tokens"))
                .flatMap(tokens -> tokens.valueStream())
                .noneMatch(SafeCuts::reachesOut);
        return new SafeCuts(
                local && known && added && apart(tokenizer, SPACES, true),
                local && !first && added && apart(tokenizer, LINES, false),
                !prepended.isEmpty());
    }

    private static List<JsonNode> parts(JsonNode part, String list) {
        List<JsonNode> parts = new ArrayList<>();
        if (is(part, "Sequence")) {
            part.path(list).forEach(each -> parts.addAll(parts(each, list)));
        } else if (part.isObject()) {
            parts.add(part);
        }
        return parts;
    }

    private static boolean is(JsonNode part, String type) {
        return part.path("type").asText().equals(type);
    }

    /** Whether a part of the tokenizer puts a space before text that has none. */
    private static boolean prefixes(JsonNode part) {
        return is(part, "Metaspace")
                ? !part.path("prepend_scheme").asText("always").equals("never")
                : is(part, "ByteLevel") && part.path("add_prefix_space").asBoolean(true);
    }

    /** An added token that takes in what is beside it. */
    private static boolean reachesOut(JsonNode token) {
        String text = token.path("content").asText();
        return !text.isEmpty()
                && ((token.path("rstrip").asBoolean() && Character.isLetter(text.charAt(text.length() - 1)))
                        || (token.path("lstrip").asBoolean() && Character.isLetter(text.charAt(0))));
    }

    /**
     * Whether no token has a letter before a space, or, where {@code letterFirst} is false, a letter behind a line
     * break.
     */
    private static boolean apart(TokenizerJson tokenizer, String marks, boolean letterFirst) {
        return tokenizer.tokens().values().stream().noneMatch(token -> {
            for (int i = 1; i < token.length(); i++) {
                char mark = token.charAt(letterFirst ? i : i - 1);
                char letter = token.charAt(letterFirst ? i - 1 : i);
                if (marks.indexOf(mark) >= 0
                        && Character.isLetter(letter)
                        && SPACES.indexOf(letter) < 0
                        && LINES.indexOf(letter) < 0) {
                    return true;
                }
            }
            return false;
        });
    }
}
