package io.espalier.streams.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.gpu.Refused;
import io.espalier.gpu.checkpoint.TokenizerJson;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A malformed tokenizer.json is a refusal, where the native library would abort this process: each of these files did, in a
 * process of its own.
 */
@Timeout(120)
class MalformedTokenizerTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String GOOD = """
        {"version": "1.0", "added_tokens": [{"id": 3, "content": "<end>", "single_word": false, "lstrip": false,
         "rstrip": false, "normalized": false, "special": true}], "normalizer": NORMALIZER, "pre_tokenizer": null,
         "post_processor": null, "decoder": {"type": "BPEDecoder", "suffix": "</w>"},
         "model": {"type": "BPE", "vocab": {"a": 0, "##b": 1, "ab": 2}, "merges": ["a ##b"],
                   "continuing_subword_prefix": "##"}}
        """;

    @TempDir
    Path directory;

    private static String good() {
        return GOOD.replace("NORMALIZER", "null");
    }

    private static String precompiled(String map) {
        return GOOD.replace("NORMALIZER", "{\"type\": \"Precompiled\", \"precompiled_charsmap\": " + map + "}");
    }

    private static String base64(int... bytes) {
        byte[] all = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            all[i] = (byte) bytes[i];
        }
        return "\"" + Base64.getEncoder().encodeToString(all) + "\"";
    }

    private void open(byte[] content) throws IOException {
        Files.write(directory.resolve("tokenizer.json"), content);
        Files.writeString(directory.resolve("tokenizer_config.json"), "{\"eos_token\": \"<end>\"}");
        Tokenizer.open(directory).close();
    }

    @Test
    void aGoodOneIsOpened() throws IOException {
        open(good().getBytes(StandardCharsets.UTF_8));
        open(precompiled(base64(4, 0, 0, 0, 0, 0, 0, 0, 'x', 0)).getBytes(StandardCharsets.UTF_8));
    }

    static Stream<Arguments> malformed() {
        String deep = "{\"type\": \"Sequence\", \"decoders\": [".repeat(200) + "]}".repeat(200);
        return Stream.<UnaryOperator<String>>of(
                        file -> file.replace("{\"type\": \"BPEDecoder\"", "{5,\"type\": \"BPEDecoder\""),
                        file -> file.substring(0, file.indexOf("</w>") + 2),
                        file -> file.replace("</w>", "\\ud800"),
                        file -> file.replace("</w>", "a\nb"),
                        file -> file.replace("\"suffix\": \"</w>\"", "\"suffix\": 1e999"),
                        file -> file.replace("\"suffix\": \"</w>\"", "\"suffix\": NaN"),
                        file -> file.replace("{\"type\": \"BPEDecoder\", \"suffix\": \"</w>\"}", deep),
                        file -> file.replace("\"a ##b\"", "\"a b\""),
                        file -> file.replace("\"a ##b\"", "[\"a\", \"\u0122\"]").replace("\"##\"", "\"x\""),
                        _ -> precompiled("\"AAAA\""),
                        _ -> precompiled("\"not base64!\""),
                        _ -> precompiled("null"),
                        _ -> precompiled("7"),
                        _ -> precompiled(base64(8, 0, 0, 0, 0, 0, 0, 0)),
                        _ -> precompiled(base64(0, 0, 0, 0, 0xff, 0xfe)),
                        _ -> precompiled("\"AAAA\"")
                                .replace(
                                        "{\"type\": \"Precompiled\"",
                                        "{\"type\": \"Sequence\", \"normalizers\": [{\"type\": \"Precompiled\"")
                                .replace("\"AAAA\"}", "\"AAAA\"}]}"))
                .map(change -> Arguments.of(change.apply(good())));
    }

    @ParameterizedTest
    @MethodSource("malformed")
    void whatWouldAbortTheProcessIsRefused(String content) {
        assertThat(content).isNotEqualTo(good());
        assertThatThrownBy(() -> open(content.getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(Refused.class)
                .hasMessageContaining("tokenizer.json")
                .hasMessageNotContaining("\n");
        assertThatThrownBy(() -> TokenizerJson.read(directory)).isInstanceOf(Refused.class);
    }

    @Test
    void changedBytesAreRefusedOrHarmless() throws IOException {
        long seed = 19;
        Random random = new Random(seed);
        int refused = 0;
        for (int i = 0; i < 300; i++) {
            byte[] content = good().getBytes(StandardCharsets.UTF_8);
            int changes = 1 + random.nextInt(3);
            for (int c = 0; c < changes; c++) {
                content[random.nextInt(content.length)] = (byte) (32 + random.nextInt(95));
            }
            try {
                open(content);
            } catch (Refused e) {
                refused++;
            }
        }
        System.out.println("MalformedTokenizerTest: seed " + seed + ", " + refused + " of 300 refused");
        assertThat(refused).isBetween(200, 299);
    }

    @Test
    void settingsBesideItAreNamedWhereTheyAreNoJson() throws IOException {
        Files.writeString(directory.resolve("tokenizer.json"), good());
        Files.writeString(directory.resolve("tokenizer_config.json"), "root:secret:0");
        assertThatThrownBy(() -> Tokenizer.open(directory))
                .isInstanceOf(Refused.class)
                .hasMessageContaining("tokenizer_config.json")
                .hasMessageNotContaining("secret");
        ObjectNode config = JSON.createObjectNode().put("eos_token", "<end>");
        Files.writeString(directory.resolve("tokenizer_config.json"), config.toString());
        Tokenizer.open(directory).close();
    }
}
