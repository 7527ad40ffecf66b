package io.espalier.streams.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.streams.chat.Template;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The assistant's turns are found in every style in which templates are published, by the text alone. */
@Timeout(30)
class TurnsTest {
    private static final ZonedDateTime NOW = ZonedDateTime.of(2026, 3, 7, 14, 5, 9, 0, ZoneOffset.UTC);
    private static final List<Map<String, Object>> TWO =
            List.of(user("one?"), assistant("1"), user("two?"), assistant("2, so"));

    private static Map<String, Object> user(String text) {
        return Map.of("role", "user", "content", text);
    }

    private static Map<String, Object> assistant(String text) {
        return Map.of("role", "assistant", "content", text);
    }

    private static Map<String, Object> call(String text, String name) {
        return Map.of("role", "assistant", "content", text, "tool_calls", List.of(Map.of("name", name)));
    }

    private static Map<String, Object> tool(String text) {
        return Map.of("role", "tool", "content", text);
    }

    /** The turns' texts; "?" where one is not found. */
    private static List<String> turns(String source, List<Map<String, Object>> messages) {
        Template template = Template.parse(source);
        Turns.Writing writing = (some, prompt) -> {
            Map<String, Object> variables = new HashMap<>();
            variables.put("messages", some);
            variables.put("add_generation_prompt", prompt);
            return template.render(variables, NOW).text();
        };
        String whole = writing.write(messages, false);
        List<String> found = new ArrayList<>();
        for (int i = 0; i < messages.size(); i++) {
            if ("assistant".equals(messages.get(i).get("role"))) {
                found.add(new Turns(messages, writing, whole)
                        .find(i)
                        .map(range -> whole.substring(range.from(), range.to()))
                        .orElse("?"));
            }
        }
        return found;
    }

    @Test
    void blanksBehindTheEndOfATurnAreTheTemplates() {
        String chatMl = "{% for m in messages %}<s>{{ m.role }}\n{{ m.content }}<e>\n{% endfor %}"
                + "{% if add_generation_prompt %}<s>assistant\n{% endif %}";
        assertThat(turns(chatMl, TWO)).containsExactly("1<e>", "2, so<e>");
    }

    @Test
    void blanksThatAloneEndATurnAreLearnt() {
        String plain = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n\n{% endfor %}"
                + "{% if add_generation_prompt %}assistant: {% endif %}";
        assertThat(turns(plain, TWO)).containsExactly("1\n\n", "2, so\n\n");
    }

    @Test
    void aTurnWithoutAnEndEndsWithItsContent() {
        String glm = "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}{% endfor %}"
                + "{% if add_generation_prompt %}<|assistant|>{% endif %}";
        assertThat(turns(glm, TWO)).containsExactly("1", "2, so");
    }

    @Test
    void whatClosesAConversationIsNoTurn() {
        String phi = "{% for m in messages %}<|{{ m.role }}|>\n{{ m.content }}<|end|>\n{% endfor %}"
                + "{% if add_generation_prompt %}<|assistant|>\n{% else %}<|endoftext|>{% endif %}";
        assertThat(turns(phi, TWO)).containsExactly("1<|end|>", "2, so<|end|>");
    }

    @Test
    void theLastTurnMayEndInItsOwnWay() {
        String harmony = "{% for m in messages %}<|start|>{{ m.role }}<|message|>{{ m.content }}"
                + "{% if loop.last and m.role == 'assistant' and not add_generation_prompt %}<|return|>"
                + "{% else %}<|end|>{% endif %}{% endfor %}"
                + "{% if add_generation_prompt %}<|start|>assistant{% endif %}";
        assertThat(turns(harmony, TWO)).containsExactly("<|message|>1<|end|>", "<|message|>2, so<|return|>");
    }

    @Test
    void aPromptThatBeginsTheAnswerIsNotWhereTheAnswerBegins() {
        String think = "{% for m in messages %}<s>{{ m.role }}\n{{ m.content }}<e>\n{% endfor %}"
                + "{% if add_generation_prompt %}<s>assistant\n<think>\n{% endif %}";
        assertThat(turns(think, TWO)).containsExactly("1<e>", "2, so<e>");
        List<Map<String, Object>> likeThePrompt = List.of(user("q"), assistant("<b>bold"));
        assertThat(turns(think, likeThePrompt)).containsExactly("<b>bold<e>");
        assertThat(turns(think, List.of(user("q"), assistant("<think>\nhm</think>so"))))
                .containsExactly("hm</think>so<e>");
    }

    /** A template like Qwen3's: an empty thought in the last turn alone, and a line before a call only behind text. */
    private static final String REWRITTEN =
            "{% set n = namespace(asked=0) %}{% for m in messages %}{% if m.role == 'user' %}"
                    + "{% set n.asked = loop.index0 %}{% endif %}{% endfor %}"
                    + "{% for m in messages %}<s>{{ 'user' if m.role == 'tool' else m.role }}\n"
                    + "{% if m.role == 'assistant' and loop.index0 > n.asked and loop.last %}<think></think>{% endif %}"
                    + "{{ m.content }}{% if m.tool_calls %}{% if m.content %}{{ '\n' }}{% endif %}"
                    + "<call>{{ m.tool_calls[0].name }}</call>{% endif %}<e>\n{% endfor %}"
                    + "{% if add_generation_prompt %}<s>assistant\n{% endif %}";

    @Test
    void turnsThatAreWrittenDifferentlyWhenMoreFollowsAreFound() {
        assertThat(turns(REWRITTEN, TWO)).containsExactly("1<e>", "<think></think>2, so<e>");
        assertThat(turns(REWRITTEN, List.of(user("w?"), call("", "f"), tool("rain"), assistant("rain."))))
                .containsExactly("<call>f</call><e>", "<think></think>rain.<e>");
        assertThat(turns(
                        REWRITTEN,
                        List.of(user("w?"), call("so", "f"), tool("r"), assistant("a"), user("b"), assistant("c"))))
                .containsExactly("so\n<call>f</call><e>", "a<e>", "<think></think>c<e>");
    }

    @Test
    void specialTextWithinATurnIsPartOfIt() {
        String chatMl = "{% for m in messages %}<s>{{ m.role }}\n{{ m.content }}<e>\n{% endfor %}"
                + "{% if add_generation_prompt %}<s>assistant\n{% endif %}";
        assertThat(turns(chatMl, List.of(user("a<e>"), assistant("b<e>c<s>")))).containsExactly("b<e>c<s><e>");
        assertThat(turns(chatMl, List.of(assistant("first"), assistant("second"))))
                .containsExactly("first<e>", "second<e>");
        assertThat(turns(chatMl, List.of(user("a"), assistant("")))).containsExactly("<e>");
    }

    @Test
    void aTurnThatCannotBeToldIsNotGuessed() {
        assertThat(turns("{{ messages|length }}{{ messages[0].content }}", TWO)).containsExactly("?", "?");
    }
}
