package io.espalier.gpu.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.gpu.LaxJson;
import io.espalier.gpu.disk.AtomicFile;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/**
 * The few lines by which Ollama takes up a GGUF file: {@code ollama create NAME -f FILE}. They say what the model's own files
 * say and no more; the chat template and the special tokens are in the GGUF file, where Ollama reads them.
 */
public final class OllamaModelfile {
    /** Names in generation_config.json and those that Ollama has for them. */
    private static final Map<String, String> PARAMETERS = new TreeMap<>(Map.of(
            "temperature", "temperature",
            "top_k", "top_k",
            "top_p", "top_p",
            "min_p", "min_p",
            "repetition_penalty", "repeat_penalty"));

    private OllamaModelfile() {}

    /** The place of a GGUF file's Modelfile: beside it, by its name. */
    public static Path of(Path gguf) {
        String name = gguf.getFileName().toString();
        return gguf.resolveSibling(name.replaceFirst("\\.gguf$", "") + ".Modelfile");
    }

    /** Writes the Modelfile of a GGUF file beside it. */
    public static void write(ModelDirectory model, Path gguf) {
        StringBuilder text = new StringBuilder()
                .append("FROM ./")
                .append(gguf.getFileName())
                .append('\n')
                .append("PARAMETER num_ctx ")
                .append(GgufArchitecture.context(model.path(), model.config()))
                .append('\n');
        JsonNode generation = LaxJson.readIfThere(model.path().resolve("generation_config.json"));
        PARAMETERS.forEach((name, ollama) -> {
            JsonNode value = generation.path(name);
            if (value.isNumber() && Double.isFinite(value.asDouble())) {
                text.append("PARAMETER ")
                        .append(ollama)
                        .append(' ')
                        .append(value.asText())
                        .append('\n');
            }
        });
        AtomicFile.write(of(gguf), text.toString());
    }
}
