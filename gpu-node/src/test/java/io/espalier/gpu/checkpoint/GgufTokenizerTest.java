package io.espalier.gpu.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.gpu.Refused;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A GGUF file describes a tokenizer as it behaves, or the export is refused. */
@Timeout(30)
class GgufTokenizerTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String LLAMA3 = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}"
            + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    private static final String BYTES =
            "{\"type\": \"ByteLevel\", \"add_prefix_space\": false, \"trim_offsets\": true, \"use_regex\": false}";

    @TempDir
    Path model;

    private ObjectNode tokenizer;

    @BeforeEach
    void aTokenizer() throws IOException {
        tokenizer = (ObjectNode) JSON.readTree("""
            {"model": {"type": "BPE", "vocab": {"a": 0, "<s>": 1, "</s>": 2, "<e>": 3}, "merges": []}}\
            """);
        tokenizer.set("pre_tokenizer", JSON.readTree(BYTES.replace("\"use_regex\": false", "\"use_regex\": true")));
        Files.writeString(model.resolve("tokenizer_config.json"), "{\"eos_token\": \"</s>\", \"bos_token\": \"<s>\"}");
    }

    private TokenizerJson written() throws IOException {
        Files.writeString(model.resolve("tokenizer.json"), tokenizer.toString());
        return TokenizerJson.read(model);
    }

    private void split(String pattern, String behavior, boolean invert) throws IOException {
        ObjectNode sequence = tokenizer.putObject("pre_tokenizer").put("type", "Sequence");
        ObjectNode split = sequence.putArray("pretokenizers").addObject().put("type", "Split");
        split.put("behavior", behavior)
                .put("invert", invert)
                .putObject("pattern")
                .put("Regex", pattern);
        sequence.withArray("pretokenizers").add(JSON.readTree(BYTES));
    }

    private void template(String... pieces) throws IOException {
        ObjectNode processor = tokenizer.putObject("post_processor").put("type", "TemplateProcessing");
        for (String piece : pieces) {
            ObjectNode each = processor.withArray("single").addObject();
            each.putObject(piece.equals("A") ? "Sequence" : "SpecialToken")
                    .put("id", piece)
                    .put("type_id", 0);
        }
        processor.set("pair", processor.get("single"));
        processor.set("special_tokens", JSON.readTree("""
            {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]},
             "</s>": {"id": "</s>", "ids": [2], "tokens": ["</s>"]}}\
            """));
    }

    /** The head of a file with the special tokens alone. */
    private String special(String config) throws IOException {
        GgufHeader header = new GgufHeader();
        GgufSpecialTokens.describe(header, model, written(), JSON.readTree(config));
        return new String(header.toBytes(), StandardCharsets.ISO_8859_1);
    }

    private static char after(String head, String key) {
        int at = head.indexOf(key);
        assertThat(at).as(key).isPositive();
        return head.charAt(at + key.length() + Integer.BYTES);
    }

    @Test
    void thePatternNamesTheSplittingWhicheverWayItIsSpelt() throws IOException {
        split(LLAMA3, "Isolated", false);
        assertThat(GgufPreTokenizer.of(written())).isEqualTo("smaug-bpe");
        split(LLAMA3, "Removed", true);
        ((ObjectNode) tokenizer.get("model")).put("ignore_merges", true);
        assertThat(GgufPreTokenizer.of(written())).isEqualTo("llama-bpe");
    }

    @Test
    void digitsOfTheirOwnAreToldFromGpt2s() throws IOException {
        assertThat(GgufPreTokenizer.of(written())).isEqualTo("gpt-2");
        ObjectNode sequence = tokenizer.putObject("pre_tokenizer").put("type", "Sequence");
        sequence.putArray("pretokenizers").addObject().put("type", "Digits").put("individual_digits", true);
        sequence.withArray("pretokenizers").add(JSON.readTree(BYTES.replace("_regex\": false", "_regex\": true")));
        assertThat(GgufPreTokenizer.of(written())).isEqualTo("smollm");
    }

    @Test
    void aSplittingThatLlamaCppDoesNotKnowIsRefusedByName() throws IOException {
        split("\\p{L}+|.", "Isolated", false);
        TokenizerJson unknown = written();
        assertThatThrownBy(() -> GgufPreTokenizer.of(unknown))
                .isInstanceOf(Refused.class)
                .hasMessageContaining("pre_tokenizer");
        split(LLAMA3, "MergedWithNext", false);
        TokenizerJson merged = written();
        assertThatThrownBy(() -> GgufPreTokenizer.of(merged)).isInstanceOf(Refused.class);
        tokenizer.putObject("normalizer").put("type", "Lowercase");
        TokenizerJson lower = written();
        assertThatThrownBy(() -> GgufPreTokenizer.of(lower)).hasMessageContaining("normalizer");
    }

    @Test
    void aSpaceThatIsPutFirstIsRefused() throws IOException {
        ((ObjectNode) tokenizer.get("pre_tokenizer")).put("add_prefix_space", true);
        TokenizerJson spaced = written();
        assertThatThrownBy(() -> GgufPreTokenizer.of(spaced)).hasMessageContaining("add_prefix_space");
    }

    @Test
    void tokensAroundATextAreThoseOfThePostProcessor() throws IOException {
        String plain = special("{}");
        assertThat(after(plain, "add_bos_token")).isEqualTo('\0');
        assertThat(after(plain, "bos_token_id")).isEqualTo('\1');
        template("<s>", "A", "</s>");
        String both = special("{}");
        assertThat(after(both, "add_bos_token")).isEqualTo('\1');
        assertThat(after(both, "add_eos_token")).isEqualTo('\1');
        assertThat(after(both, "eos_token_id")).isEqualTo('\2');
    }

    @Test
    void moreTokensAroundATextThanLlamaCppPutsAreRefused() throws IOException {
        template("<s>", "<s>", "A");
        assertThatThrownBy(() -> special("{}")).hasMessageContaining("post_processor");
        template("A", "<s>");
        assertThatThrownBy(() -> special("{}")).hasMessageContaining("post_processor");
    }

    @Test
    void generationAlsoStopsAtTheOtherTokensThatItsSettingsList() throws IOException {
        Files.writeString(model.resolve("generation_config.json"), "{\"eos_token_id\": [2, 3]}");
        String head = special("{}");
        assertThat(after(head, "eos_token_id")).isEqualTo('\2');
        assertThat(after(head, "eot_token_id")).isEqualTo('\3');
    }

    @Test
    void aModelWithoutAnEndOfTextIsRefused() throws IOException {
        Files.writeString(model.resolve("tokenizer_config.json"), "{}");
        assertThatThrownBy(() -> special("{}")).isInstanceOf(Refused.class).hasMessageContaining("eos_token");
        assertThat(after(special("{\"eos_token_id\": [3]}"), "eos_token_id")).isEqualTo('\3');
    }

    @Test
    void namedTemplatesAreWrittenUnderTheirNames() throws IOException {
        Files.writeString(model.resolve("chat_template.jinja"), "plain");
        Files.createDirectory(model.resolve("additional_chat_templates"));
        Files.writeString(model.resolve("additional_chat_templates/tool-use.jinja"), "tools");
        GgufHeader header = new GgufHeader();
        GgufChatTemplates.describe(header, model);
        String head = new String(header.toBytes(), StandardCharsets.UTF_8);
        assertThat(head).contains("tokenizer.chat_template.tool_use", "tools", "tokenizer.chat_templates", "plain");
    }
}
