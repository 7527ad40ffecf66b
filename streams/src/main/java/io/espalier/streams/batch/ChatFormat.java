package io.espalier.streams.batch;

import io.espalier.gpu.Refused;
import io.espalier.gpu.checkpoint.SpecialTokens;
import io.espalier.streams.chat.Template;
import io.espalier.streams.chat.Template.Range;
import io.espalier.streams.chat.TemplateException;
import io.espalier.streams.source.Document;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Writes conversations as a model does, with the chat template beside its tokenizer, and finds the assistant's parts in
 * them. These are the parts that the template marks, else the turns that the template's text shows. A template that
 * asks for the date gets the one at which it was read.
 */
final class ChatFormat {
    /** The most characters of one conversation: each is held with its place while the conversation is encoded. */
    private static final int MAX_CHARACTERS = 1 << 21;

    private final ChatTemplates templates;
    private final Map<String, String> tokens;
    private final ZonedDateTime now;

    /** A conversation as text, and the ranges of it that the assistant wrote. */
    record Written(String text, List<Range> turns) {}

    private ChatFormat(ChatTemplates templates, Map<String, String> tokens, ZonedDateTime now) {
        this.templates = templates;
        this.tokens = tokens;
        this.now = now;
    }

    /** Reads the templates and the named tokens of a tokenizer's directory. */
    static ChatFormat read(Path directory, Clock clock) {
        try {
            return new ChatFormat(
                    ChatTemplates.read(directory), SpecialTokens.read(directory), ZonedDateTime.now(clock));
        } catch (IOException e) {
            throw new UncheckedIOException(directory.toString(), e);
        }
    }

    /** Writes the conversation out and finds the assistant's turns in it. */
    Written write(Document.Chat chat) {
        ChatTemplates.Named named = templates.choose(chat.tools() != null);
        try {
            Template.Written whole = render(named.template(), chat, chat.messages(), false);
            if (whole.text().length() > MAX_CHARACTERS) {
                throw Refused.invalid(
                        chat.where(),
                        "messages",
                        whole.text().length() + " characters as written by " + named.file(),
                        "must be at most " + MAX_CHARACTERS + ": a conversation is encoded in one piece");
            }
            List<Range> marked = whole.generations().stream()
                    .filter(range -> range.from() < range.to())
                    .toList();
            boolean all = chat.learntFrom() == 0 && !marked.isEmpty();
            return new Written(whole.text(), all ? marked : turns(named, chat, whole.text()));
        } catch (TemplateException e) {
            throw ChatTemplates.refusal(chat.where() + ": " + named.file(), e);
        }
    }

    private List<Range> turns(ChatTemplates.Named named, Document.Chat chat, String whole) {
        Turns turns = new Turns(
                chat.messages(),
                (messages, prompt) ->
                        render(named.template(), chat, messages, prompt).text(),
                whole);
        List<Range> found = new ArrayList<>();
        for (int i = chat.learntFrom(); i < chat.messages().size(); i++) {
            if ("assistant".equals(chat.messages().get(i).get("role"))) {
                Optional<Range> turn = turns.find(i);
                String message = "messages[" + i + "]";
                found.add(turn.orElseThrow(() -> Refused.invalid(
                        chat.where(),
                        message,
                        "written by " + named.file() + " in a way that does not show where it begins and ends",
                        "must begin where the prompt for it ends, or stand whole in what is written")));
            }
        }
        return found;
    }

    private Template.Written render(
            Template template, Document.Chat chat, List<Map<String, Object>> messages, boolean prompt) {
        Map<String, Object> variables = new HashMap<>(tokens);
        variables.putAll(chat.variables());
        variables.put("messages", messages);
        variables.put("tools", chat.tools());
        variables.put("documents", null);
        variables.put("add_generation_prompt", prompt);
        return template.render(variables, now);
    }
}
