package io.espalier.gpu.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.gpu.LaxJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The chat templates of a directory under the keys of GGUF, as they stand; several have names. */
final class GgufChatTemplates {
    private static final String KEY = "tokenizer.chat_template";
    private static final String DEFAULT = "default";
    private static final String SUFFIX = ".jinja";

    private GgufChatTemplates() {}

    static void describe(GgufHeader header, Path directory) throws IOException {
        Map<String, String> templates = read(directory);
        String ordinary = templates.remove(DEFAULT);
        if (!templates.isEmpty()) {
            header.texts(KEY + "s", List.copyOf(templates.keySet()));
            templates.forEach((name, template) -> header.text(KEY + "." + name, template));
        }
        if (ordinary != null) {
            header.text(KEY, ordinary);
        }
    }

    private static Map<String, String> read(Path directory) throws IOException {
        Map<String, String> templates = new TreeMap<>();
        Path own = directory.resolve("chat_template" + SUFFIX);
        if (Files.exists(own)) {
            templates.put(DEFAULT, Files.readString(own));
        }
        Path more = directory.resolve("additional_chat_templates");
        if (Files.isDirectory(more)) {
            List<Path> files;
            try (Stream<Path> all = Files.list(more)) {
                files = all.filter(file -> file.toString().endsWith(SUFFIX)).toList();
            }
            for (Path file : files) {
                String name = file.getFileName().toString();
                templates.put(key(name.substring(0, name.length() - SUFFIX.length())), Files.readString(file));
            }
        }
        if (templates.isEmpty()) {
            inConfig(LaxJson.readIfThere(directory.resolve("tokenizer_config.json")), templates);
        }
        return templates;
    }

    private static void inConfig(JsonNode config, Map<String, String> templates) {
        JsonNode template = config.path("chat_template");
        if (template.isTextual()) {
            templates.put(DEFAULT, template.asText());
        }
        for (JsonNode named : template) {
            templates.put(
                    key(named.path("name").asText()), named.path("template").asText());
        }
    }

    /** Other characters than letters and digits are not put into keys. */
    private static String key(String name) {
        return name.replaceAll("[^A-Za-z0-9]", "_");
    }
}
