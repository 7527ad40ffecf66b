package io.espalier.streams.batch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.gpu.Refused;
import io.espalier.streams.chat.Template;
import io.espalier.streams.chat.TemplateException;
import io.espalier.streams.source.Document;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * How a model writes conversations: the chat template beside its tokenizer. A turn of the assistant is what the model
 * would have to write: from where the prompt for it ends, through the first special token.
 */
final class ChatFormat {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final List<String> TOKEN_NAMES = List.of("bos_token", "eos_token", "pad_token", "unk_token");

    private final Path file;
    private final Template template;
    private final Map<String, Object> tokens;
    private final List<String> special;

    /** A conversation as text, and the ranges of it that the assistant wrote. */
    record Written(String text, List<Turn> turns) {}

    /** A half-open range of characters. */
    record Turn(int from, int to) {}

    private ChatFormat(Path file, Template template, Map<String, Object> tokens, List<String> special) {
        this.file = file;
        this.template = template;
        this.tokens = tokens;
        this.special = special;
    }

    /** Reads chat_template.jinja, else what tokenizer_config.json says. */
    static ChatFormat read(Path directory) {
        Path config = directory.resolve("tokenizer_config.json");
        Path own = directory.resolve("chat_template.jinja");
        try {
            JsonNode json = Files.exists(config) ? JSON.readTree(config.toFile()) : JSON.missingNode();
            boolean apart = Files.exists(own);
            Path file = apart ? own : config;
            String source = apart ? Files.readString(own) : source(json.path("chat_template"), config);
            return new ChatFormat(file, parse(file, source), tokens(json), special(directory));
        } catch (IOException e) {
            throw new UncheckedIOException(directory.toString(), e);
        }
    }

    /** One template, or several by name of which one is the default. */
    private static String source(JsonNode template, Path config) {
        if (template.isTextual()) {
            return template.asText();
        }
        for (JsonNode named : template) {
            if (named.path("name").asText().equals("default")) {
                return named.path("template").asText();
            }
        }
        throw Refused.invalid(
                config, "chat_template", "absent", "must be there, or chat_template.jinja, to read messages");
    }

    private static Template parse(Path file, String source) {
        try {
            return Template.parse(source);
        } catch (TemplateException e) {
            throw refusal(file, e);
        }
    }

    private static Refused refusal(Object where, TemplateException e) {
        return new Refused(
                Refused.Reason.VALIDATION,
                where + ": chat_template: " + e.getMessage().replace('\n', ' '),
                e);
    }

    private static Map<String, Object> tokens(JsonNode config) {
        Map<String, Object> tokens = new HashMap<>();
        for (String name : TOKEN_NAMES) {
            JsonNode token = config.path(name);
            String text = token.isObject() ? token.path("content").asText() : token.asText("");
            if (!text.isEmpty() && !token.isNull()) {
                tokens.put(name, text);
            }
        }
        return tokens;
    }

    private static List<String> special(Path directory) throws IOException {
        List<String> special = new ArrayList<>();
        for (JsonNode token :
                JSON.readTree(directory.resolve("tokenizer.json").toFile()).path("added_tokens")) {
            if (token.path("special").asBoolean()) {
                special.add(token.path("content").asText());
            }
        }
        return special;
    }

    /** Writes the conversation out and finds the assistant's turns in it. */
    Written write(Document.Chat chat) {
        try {
            String whole = render(chat, chat.messages().size(), false);
            List<Turn> turns = new ArrayList<>();
            for (int i = 0; i < chat.messages().size(); i++) {
                if ("assistant".equals(chat.messages().get(i).get("role"))) {
                    requirePlain(chat, i);
                    turns.add(turn(chat, i, whole));
                }
            }
            return new Written(whole, turns);
        } catch (TemplateException e) {
            throw refusal(chat.where() + ": " + file, e);
        }
    }

    private String render(Document.Chat chat, int messages, boolean prompt) {
        Map<String, Object> variables = new HashMap<>(tokens);
        variables.put("messages", chat.messages().subList(0, messages));
        variables.put("tools", chat.tools());
        variables.put("documents", null);
        variables.put("add_generation_prompt", prompt);
        return template.render(variables);
    }

    private Turn turn(Document.Chat chat, int message, String whole) {
        String prompt = render(chat, message, true);
        if (!whole.startsWith(prompt)) {
            throw Refused.invalid(
                    chat.where(),
                    "messages[" + message + "]",
                    "written differently when more follows (" + file + ")",
                    "must begin where the prompt for it ends, so that its loss can be told");
        }
        int end = whole.length();
        for (String token : special) {
            int at = whole.indexOf(token, prompt.length());
            end = at >= 0 ? Math.min(end, at + token.length()) : end;
        }
        return new Turn(prompt.length(), end);
    }

    /** A special token within a turn would pass for its end. */
    private void requirePlain(Document.Chat chat, int message) {
        String content = String.valueOf(chat.messages().get(message).get("content"));
        for (String token : special) {
            if (content.contains(token)) {
                throw Refused.invalid(
                        chat.where(),
                        "messages[" + message + "].content",
                        "text with " + token,
                        "must not spell a special token: the template writes those");
            }
        }
    }
}
