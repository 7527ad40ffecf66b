package io.espalier.streams.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.gpu.Refused;
import io.espalier.gpu.batch.Provenance;
import io.espalier.streams.source.Document;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Templates and the tokens that they name are found where transformers finds them. */
@Timeout(30)
class ChatTemplatesTest {
    private static final Clock NOON = Clock.fixed(Instant.parse("2026-03-07T12:00:00Z"), ZoneOffset.UTC);
    private static final List<Object> TOOLS = List.of(Map.of("name", "f"));

    @TempDir
    Path directory;

    private void file(String name, String text) throws IOException {
        Path file = directory.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private ChatFormat.Written written(List<Object> tools, int learntFrom) {
        List<Map<String, Object>> messages = List.of(
                Map.of("role", "user", "content", "u"),
                Map.of("role", "assistant", "content", "a"),
                Map.of("role", "user", "content", "v"),
                Map.of("role", "assistant", "content", "b"));
        return ChatFormat.read(directory, NOON)
                .write(new Document.Chat(
                        messages, learntFrom, tools, Map.of("mood", "glad"), 1, new Provenance("a.jsonl", 0, 0, 1)));
    }

    private String text(List<Object> tools) {
        return written(tools, 0).text();
    }

    private List<String> learnt(int learntFrom) {
        ChatFormat.Written written = written(null, learntFrom);
        return written.turns().stream()
                .map(turn -> written.text().substring(turn.from(), turn.to()))
                .toList();
    }

    private static String plain(String before) {
        return before + "{% for m in messages %}[{{ m.content }}]{% endfor %}";
    }

    @Test
    void aTemplateForToolsIsTakenWhereThereAreTools() throws IOException {
        file("chat_template.jinja", plain("D"));
        assertThat(text(TOOLS)).isEqualTo("D[u][a][v][b]");
        file("additional_chat_templates/tool_use.jinja", plain("T{{ tools|tojson }}"));
        file("additional_chat_templates/rag.jinja", plain("R"));
        assertThat(text(TOOLS)).isEqualTo("T[{\"name\": \"f\"}][u][a][v][b]");
        assertThat(text(List.of())).as("an empty list of tools").isEqualTo("T[][u][a][v][b]");
        assertThat(text(null)).isEqualTo("D[u][a][v][b]");
    }

    @Test
    void aListOfTemplatesNeedsADefault() throws IOException {
        file(
                "tokenizer_config.json",
                "{\"chat_template\":[{\"name\":\"tool_use\",\"template\":\"" + plain("T") + "\"},"
                        + "{\"name\":\"rag\",\"template\":\"" + plain("R") + "\"}]}");
        assertThat(text(TOOLS)).startsWith("T");
        assertThatThrownBy(() -> text(null))
                .isInstanceOf(Refused.class)
                .hasMessageContaining("chat_template is named rag, tool_use: must have one that is named default");
        file("chat_template.jinja", plain("file "));
        assertThat(text(TOOLS)).as("a file goes before the configuration").startsWith("file ");
    }

    @Test
    void namedTokensComeFromTheMapUnlessTheConfigurationListsAddedTokens() throws IOException {
        file("chat_template.jinja", plain("{{ bos_token }}{{ eos_token }}{{ mood }}"));
        file("tokenizer_config.json", "{\"bos_token\":\"<1>\",\"eos_token\":{\"content\":\"<e>\"},\"pad_token\":null}");
        assertThat(text(null)).startsWith("<1><e>glad");
        file("special_tokens_map.json", "{\"bos_token\":{\"content\":\"<2>\"}}");
        assertThat(text(null)).startsWith("<2><e>glad");
        file("tokenizer_config.json", "{\"bos_token\":\"<1>\",\"added_tokens_decoder\":{}}");
        assertThat(text(null)).startsWith("<1>glad");
    }

    @Test
    void whatATemplateMarksIsLearntAndNothingElse() throws IOException {
        file(
                "chat_template.jinja",
                "{% for m in messages %}<{% if m.role == 'assistant' %}{% generation %}{{ m.content }}!{%"
                        + " endgeneration %}{% else %}{{ m.content }}{% endif %}>{% endfor %}");
        assertThat(learnt(0)).containsExactly("a!", "b!");
        file("chat_template.jinja", plain(""));
        assertThat(learnt(0)).containsExactly("[a]", "[b]");
        assertThat(learnt(3)).as("after a prompt of three messages").containsExactly("[b]");
    }

    @Test
    void theDateIsThatOfTheClock() throws IOException {
        file("chat_template.jinja", plain("{{ strftime_now('%d %B %Y') }}"));
        assertThat(text(null)).startsWith("07 March 2026[u]");
    }

    @Test
    void aConversationThatATemplateRefusesIsNamedWithItsLine() throws IOException {
        file("chat_template.jinja", "{{ raise_exception('no ' ~ messages[0].role) }}");
        assertThatThrownBy(() -> text(null))
                .isInstanceOf(Refused.class)
                .hasMessageStartingWith("a.jsonl:1: ")
                .hasMessageContaining("chat_template: the template refuses: no user");
    }
}
