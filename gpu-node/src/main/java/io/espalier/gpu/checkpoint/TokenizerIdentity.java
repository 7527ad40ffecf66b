package io.espalier.gpu.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The meaning of a tokenizer.json: vocabulary, merges, added tokens, normaliser, pre-tokenizer and post-processor.
 * Things that do not change the ids of a text are left out: order of keys, null or default fields, older names,
 * offsets, and the decoder.
 */
public final class TokenizerIdentity {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final List<String> PARTS = List.of("normalizer", "pre_tokenizer", "post_processor");

    private final Map<Integer, String> tokens;
    private final List<String[]> merges;
    private final Map<String, String> sections = new TreeMap<>();
    private final Map<Integer, String> added = new TreeMap<>();

    private TokenizerIdentity(TokenizerJson tokenizer) {
        this.tokens = tokenizer.tokens();
        this.merges = tokenizer.merges();
        JsonNode json = tokenizer.json();
        for (String part : PARTS) {
            sections.put(part, String.valueOf(part(json.path(part), part.equals("post_processor"))));
        }
        sections.put("model", String.valueOf(model(json.get("model"))));
        for (JsonNode token : json.path("added_tokens")) {
            added.put(token.get("id").asInt(), sorted(token).toString());
        }
    }

    static TokenizerIdentity of(TokenizerJson tokenizer) {
        return new TokenizerIdentity(tokenizer);
    }

    /** SHA-256 of the meaning, in hexadecimal. */
    public String digest() {
        MessageDigest digest = Sha256.start();
        tokens.forEach((id, token) -> update(digest, id + " " + token));
        merges.forEach(merge -> update(digest, merge[0] + " " + merge[1]));
        added.forEach((id, token) -> update(digest, token));
        sections.forEach((name, section) -> update(digest, name + " " + section));
        return Sha256.hex(digest);
    }

    private static void update(MessageDigest digest, String text) {
        digest.update(text.getBytes(StandardCharsets.UTF_8));
        digest.update((byte) 0);
    }

    /** The first thing in which another tokenizer differs from this one, in words; empty where they mean the same. */
    public Optional<String> difference(TokenizerIdentity other) {
        TreeSet<Integer> ids = new TreeSet<>(tokens.keySet());
        ids.addAll(other.tokens.keySet());
        for (int id : ids) {
            String mine = tokens.get(id);
            if (mine == null || !mine.equals(other.tokens.get(id))) {
                return Optional.of("token " + id + " is " + quoted(mine) + " in one and " + quoted(other.tokens.get(id))
                        + " in the other");
            }
        }
        for (int i = 0; i < Math.max(merges.size(), other.merges.size()); i++) {
            String mine = i < merges.size() ? String.join(" ", merges.get(i)) : null;
            String theirs = i < other.merges.size() ? String.join(" ", other.merges.get(i)) : null;
            if (mine == null || !mine.equals(theirs)) {
                return Optional.of(
                        "merge " + i + " is " + quoted(mine) + " in one and " + quoted(theirs) + " in the other");
            }
        }
        ids = new TreeSet<>(added.keySet());
        ids.addAll(other.added.keySet());
        for (int id : ids) {
            if (!String.valueOf(added.get(id)).equals(other.added.get(id))) {
                return Optional.of("added token " + id + " is " + added.get(id) + " in one and " + other.added.get(id)
                        + " in the other");
            }
        }
        return sections.keySet().stream()
                .filter(name -> !sections.get(name).equals(other.sections.get(name)))
                .findFirst()
                .map(name -> name + " is " + sections.get(name) + " in one and " + other.sections.get(name)
                        + " in the other");
    }

    private static String quoted(String token) {
        return token == null ? "absent" : "\"" + token + "\"";
    }

    /**
     * The settings of the model section. Merges, and a vocabulary that is an object, are left out: they are compared
     * entry by entry.
     */
    private static JsonNode model(JsonNode model) {
        ObjectNode use = model.deepCopy();
        use.remove(List.of("merges"));
        if (!use.has("type")) {
            use.put("type", "BPE");
        }
        if (use.get("vocab").isObject()) {
            use.remove("vocab");
        }
        return sorted(use);
    }

    /** A part in its one spelling; null where it does nothing to ids. */
    private static JsonNode part(JsonNode part, boolean processor) {
        String type = part.path("type").asText();
        if (!part.isObject() || (processor && type.equals("ByteLevel"))) {
            return null;
        }
        if (type.equals("Sequence")) {
            ArrayNode flat = JSON.createArrayNode();
            for (String list : List.of("normalizers", "pretokenizers", "processors")) {
                for (JsonNode each : part.path(list)) {
                    JsonNode plain = part(each, processor);
                    if (plain instanceof ArrayNode several) {
                        flat.addAll(several);
                    } else if (plain != null) {
                        flat.add(plain);
                    }
                }
            }
            return flat.size() > 1 ? flat : flat.get(0);
        }
        ObjectNode plain = part.deepCopy();
        plain.remove(Arrays.asList("trim_offsets", "str_rep"));
        switch (type) {
            case "ByteLevel" -> {
                setDefault(plain, "add_prefix_space", true);
                setDefault(plain, "use_regex", true);
            }
            case "Metaspace" -> metaspace(plain);
            default -> {}
        }
        return sorted(plain);
    }

    /** Older files say add_prefix_space what newer ones say prepend_scheme. */
    private static void metaspace(ObjectNode part) {
        JsonNode prefix = part.remove("add_prefix_space");
        if (!part.hasNonNull("prepend_scheme")) {
            part.put("prepend_scheme", prefix == null || prefix.asBoolean(true) ? "always" : "never");
        }
        setDefault(part, "split", true);
    }

    private static void setDefault(ObjectNode part, String field, boolean value) {
        if (!part.hasNonNull(field)) {
            part.put(field, value);
        }
    }

    /** Fields in the order of their names; null, false and empty texts say what their absence says. */
    private static JsonNode sorted(JsonNode node) {
        if (node instanceof ArrayNode array) {
            ArrayNode each = JSON.createArrayNode();
            array.forEach(element -> each.add(sorted(element)));
            return each;
        }
        if (!(node instanceof ObjectNode object)) {
            return node;
        }
        ObjectNode sorted = JSON.createObjectNode();
        object.properties().stream().sorted(Map.Entry.comparingByKey()).forEach(entry -> {
            JsonNode value = entry.getValue();
            boolean silent = value.isNull()
                    || (value.isBoolean() && !value.asBoolean())
                    || (value.isTextual() && value.asText().isEmpty());
            if (!silent) {
                sorted.set(entry.getKey(), sorted(value));
            }
        });
        return sorted;
    }
}
