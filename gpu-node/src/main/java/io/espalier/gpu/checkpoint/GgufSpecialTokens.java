package io.espalier.gpu.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.gpu.LaxJson;
import io.espalier.gpu.Notices;
import io.espalier.gpu.Refused;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * The tokens that begin and end text, by the tokenizer: what its post-processor puts around a text, and what
 * tokenizer_config.json, else config.json, calls bos_token and eos_token.
 */
final class GgufSpecialTokens {
    private static final String KEYS = "tokenizer.ggml.";
    private static final String EOS = "eos_token";
    private static final String BOS = "bos_token";

    private final Path directory;
    private final TokenizerJson tokenizer;
    private final Map<String, String> named;
    private final JsonNode config;
    private final List<Integer> before = new ArrayList<>();
    private final List<Integer> after = new ArrayList<>();

    private GgufSpecialTokens(Path directory, TokenizerJson tokenizer, JsonNode config) {
        this.directory = directory;
        this.tokenizer = tokenizer;
        this.named = SpecialTokens.read(directory);
        this.config = config;
        process(tokenizer.json().path("post_processor"));
    }

    static void describe(GgufHeader header, Path directory, TokenizerJson tokenizer, JsonNode config) {
        new GgufSpecialTokens(directory, tokenizer, config).describe(header);
    }

    private void describe(GgufHeader header) {
        Integer eos = id(EOS);
        if (eos == null) {
            throw Refused.invalid(
                    directory,
                    EOS,
                    named.getOrDefault(EOS, "absent"),
                    "must be a token by tokenizer_config.json, or eos_token_id of config.json: without one llama.cpp"
                            + " takes some other token for the end of text");
        }
        if (before.size() > 1 || after.size() > 1 || (!after.isEmpty() && !after.contains(eos))) {
            throw Refused.invalid(
                    tokenizer.file(),
                    "post_processor",
                    "tokens " + before + " before and " + after + " behind a text",
                    "must put at most one token before a text and the eos_token (" + eos + ") or none behind it:"
                            + " llama.cpp puts no others");
        }
        Integer bos = before.isEmpty() ? id(BOS) : before.getFirst();
        if (bos != null) {
            header.number(KEYS + "bos_token_id", bos);
        }
        header.number(KEYS + "eos_token_id", eos);
        header.flag(KEYS + "add_bos_token", !before.isEmpty());
        header.flag(KEYS + "add_eos_token", !after.isEmpty());
        stops(header, eos);
    }

    /** Further ids at which generation stops; llama.cpp has two keys for such. */
    private void stops(GgufHeader header, int eos) {
        TreeSet<Integer> more = new TreeSet<>();
        JsonNode listed =
                LaxJson.readIfThere(directory.resolve("generation_config.json")).path(EOS + "_id");
        JsonNode stated = listed.isMissingNode() || listed.isNull() ? config.path(EOS + "_id") : listed;
        for (JsonNode id : stated.isArray() ? stated : List.of(stated)) {
            if (id.isInt() && tokenizer.tokens().containsKey(id.asInt())) {
                more.add(id.asInt());
            }
        }
        more.remove(eos);
        for (String key : List.of("eot_token_id", "eom_token_id")) {
            if (!more.isEmpty()) {
                header.number(KEYS + key, more.pollFirst());
            }
        }
        if (!more.isEmpty()) {
            Notices.tell(directory + ": a GGUF file cannot say that text also ends at tokens " + more);
        }
    }

    /** Null where nothing names the token. */
    private Integer id(String name) {
        String text = named.get(name);
        for (Map.Entry<Integer, String> token : tokenizer.tokens().entrySet()) {
            if (token.getValue().equals(text)) {
                return token.getKey();
            }
        }
        JsonNode id = config.path(name + "_id");
        JsonNode first = id.isArray() ? id.path(0) : id;
        return first.isInt() && tokenizer.tokens().containsKey(first.asInt()) ? first.asInt() : null;
    }

    private void process(JsonNode processor) {
        switch (processor.path("type").asText()) {
            case "Sequence" -> processor.path("processors").forEach(this::process);
            case "TemplateProcessing" -> template(processor);
            case "BertProcessing", "RobertaProcessing" -> {
                before.addFirst(processor.path("cls").path(1).asInt());
                after.add(processor.path("sep").path(1).asInt());
            }
            default -> {}
        }
    }

    private void template(JsonNode processor) {
        List<Integer> first = new ArrayList<>();
        boolean behind = false;
        for (JsonNode piece : processor.path("single")) {
            if (piece.has("Sequence")) {
                behind = true;
                continue;
            }
            String token = piece.path("SpecialToken").path("id").asText();
            List<Integer> to = behind ? after : first;
            processor.path("special_tokens").path(token).path("ids").forEach(id -> to.add(id.asInt()));
        }
        before.addAll(0, first);
    }
}
