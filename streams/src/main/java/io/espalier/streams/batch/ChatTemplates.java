package io.espalier.streams.batch;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.gpu.LaxJson;
import io.espalier.gpu.Refused;
import io.espalier.streams.chat.Template;
import io.espalier.streams.chat.TemplateException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The chat templates of a directory, as transformers finds them: chat_template.jinja and those of
 * additional_chat_templates, else what tokenizer_config.json has, one or several by name.
 */
final class ChatTemplates {
    private static final String DEFAULT = "default";
    private static final String WITH_TOOLS = "tool_use";
    private static final String SUFFIX = ".jinja";

    /** A template and the file that it stands in. */
    record Named(Path file, Template template) {}

    private final Path directory;
    private final Map<String, Named> byName;

    private ChatTemplates(Path directory, Map<String, Named> byName) {
        this.directory = directory;
        this.byName = byName;
    }

    static ChatTemplates read(Path directory) throws IOException {
        Map<String, Path> files = files(directory);
        Map<String, Named> byName = new TreeMap<>();
        for (Map.Entry<String, Path> file : files.entrySet()) {
            byName.put(file.getKey(), parse(file.getValue(), Files.readString(file.getValue())));
        }
        if (byName.isEmpty()) {
            Path config = directory.resolve("tokenizer_config.json");
            inConfig(config, LaxJson.readIfThere(config).path("chat_template"), byName);
        }
        return new ChatTemplates(directory, byName);
    }

    private static Map<String, Path> files(Path directory) throws IOException {
        Map<String, Path> files = new TreeMap<>();
        Path own = directory.resolve("chat_template" + SUFFIX);
        if (Files.exists(own)) {
            files.put(DEFAULT, own);
        }
        Path more = directory.resolve("additional_chat_templates");
        if (Files.isDirectory(more)) {
            List<Path> named;
            try (Stream<Path> all = Files.list(more)) {
                named = all.filter(file -> file.toString().endsWith(SUFFIX)).toList();
            }
            for (Path file : named) {
                String name = file.getFileName().toString();
                files.put(name.substring(0, name.length() - SUFFIX.length()), file);
            }
        }
        return files;
    }

    private static void inConfig(Path config, JsonNode template, Map<String, Named> byName) {
        if (template.isTextual()) {
            byName.put(DEFAULT, parse(config, template.asText()));
        }
        for (JsonNode named : template) {
            byName.put(
                    named.path("name").asText(),
                    parse(config, named.path("template").asText()));
        }
    }

    private static Named parse(Path file, String source) {
        try {
            return new Named(file, Template.parse(source));
        } catch (TemplateException e) {
            throw refusal(file, e);
        }
    }

    static Refused refusal(Object where, TemplateException e) {
        return new Refused(
                Refused.Reason.VALIDATION,
                where + ": chat_template: " + e.getMessage().replace('\n', ' '),
                e);
    }

    /** The one for conversations with tools, or without. */
    Named choose(boolean tools) {
        Named chosen = tools ? byName.getOrDefault(WITH_TOOLS, byName.get(DEFAULT)) : byName.get(DEFAULT);
        if (chosen == null) {
            throw Refused.invalid(
                    directory.resolve("tokenizer_config.json"),
                    "chat_template",
                    byName.isEmpty()
                            ? "absent"
                            : byName.keySet().stream().collect(Collectors.joining(", ", "named ", "")),
                    byName.isEmpty()
                            ? "must be there, or chat_template.jinja, to read messages"
                            : "must have one that is named " + DEFAULT);
        }
        return chosen;
    }
}
