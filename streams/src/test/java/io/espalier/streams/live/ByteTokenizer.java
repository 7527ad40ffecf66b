package io.espalier.streams.live;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.streams.batch.Tokenizer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A tokenizer whose ids are the text's bytes, and 256 its end: what was packed can be read back to the letter. */
final class ByteTokenizer {
    static final int VOCABULARY = 257;
    private static final int END = 256;
    private static final ObjectMapper JSON = new ObjectMapper();

    private ByteTokenizer() {}

    static Tokenizer open(Path directory) {
        ObjectNode tokenizer = JSON.createObjectNode().put("version", "1.0");
        tokenizer
                .putArray("added_tokens")
                .addObject()
                .put("id", END)
                .put("content", "<end>")
                .put("single_word", false)
                .put("lstrip", false)
                .put("rstrip", false)
                .put("normalized", false)
                .put("special", true);
        tokenizer
                .putObject("pre_tokenizer")
                .put("type", "ByteLevel")
                .put("add_prefix_space", false)
                .put("trim_offsets", false)
                .put("use_regex", false);
        tokenizer
                .putObject("decoder")
                .put("type", "ByteLevel")
                .put("add_prefix_space", false)
                .put("trim_offsets", false)
                .put("use_regex", false);
        ObjectNode model = tokenizer.putObject("model").put("type", "BPE");
        ObjectNode vocabulary = model.putObject("vocab");
        int moved = 256;
        for (int b = 0; b < 256; b++) {
            boolean shown = (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
            vocabulary.put(Character.toString(shown ? b : moved++), b);
        }
        model.putArray("merges");
        try {
            Files.createDirectories(directory);
            JSON.writeValue(directory.resolve("tokenizer.json").toFile(), tokenizer);
            Files.writeString(directory.resolve("tokenizer_config.json"), "{\"eos_token\":\"<end>\"}");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Tokenizer.open(directory);
    }

    /** The whole records that neighbouring batches hold. */
    static List<String> texts(List<TokenBatch> batches) {
        List<String> texts = new ArrayList<>();
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        boolean first = true;
        for (TokenBatch batch : batches) {
            for (int i = 0; i < batch.ids().length; i++) {
                if (i % (batch.seqLength() + 1) == 0 && !first) {
                    continue;
                }
                first = false;
                if (batch.ids()[i] == END) {
                    texts.add(text.toString(StandardCharsets.UTF_8));
                    text.reset();
                } else {
                    text.write(batch.ids()[i]);
                }
            }
        }
        return texts;
    }
}
