package io.espalier.streams.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.gpu.Refused;
import io.espalier.gpu.Shared;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.streams.source.BlendWeights;
import io.espalier.streams.source.ReadSettings;
import io.espalier.streams.source.TextFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A conversation teaches the assistant's turns, to the token, with their ends and nothing else. */
@Tag("golden")
@Timeout(60)
class ConversationTest {
    private static final ReadSettings READING = new ReadSettings("text", 1 << 20);

    /** The last turn shows that it thought, turns before a later question do not: as reasoning models are written. */
    private static final String THINKING = """
        {%- set n = namespace(asked=-1) %}
        {%- for m in messages %}{% if m.role == 'user' %}{% set n.asked = loop.index0 %}{% endif %}{% endfor %}
        {%- for m in messages %}
            {{- '<|im_start|>' + m.role + '\\n' }}
            {%- if m.role == 'assistant' and loop.index0 > n.asked %}{{- '[thought]\\n' }}{% endif %}
            {{- m.content + '<|im_end|>\\n' }}
        {%- endfor %}
        {%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{% endif %}
        """;

    private static ActorSystem system;

    @TempDir
    Path directory;

    private Tokenizer tokenizer;

    @BeforeAll
    static void start() {
        system = ActorSystem.create("conversations");
    }

    @AfterAll
    static void stop() {
        system.terminate();
    }

    @BeforeEach
    void open() {
        tokenizer = Tokenizer.open(Shared.require("models/tokenizer"));
    }

    private static String turn(String role, String content) {
        return "{\"role\":\"" + role + "\",\"content\":\"" + content + "\"}";
    }

    private static String line(String... turns) {
        return "{\"messages\":[" + String.join(",", turns) + "]}\n";
    }

    private Batches batches(int seqLength, int rows, String lines) throws IOException {
        Path file = Files.writeString(directory.resolve("chat.jsonl"), lines);
        return new Batches(
                new BatchSettings(
                        TextFile.find(List.of(file), List.of()),
                        BlendWeights.BY_SIZE,
                        READING,
                        seqLength,
                        rows,
                        3,
                        8,
                        false,
                        DocumentAttention.SHARED,
                        2,
                        4096),
                tokenizer,
                system.dispatcher()::execute);
    }

    private static List<TokenBatch> run(Source<TokenBatch, NotUsed> source) {
        try {
            return source.runWith(Sink.seq(), system)
                    .toCompletableFuture()
                    .orTimeout(50, TimeUnit.SECONDS)
                    .join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }

    /** The text that the batches teach, turn by turn, in their order. */
    private String learnt(List<TokenBatch> batches) {
        List<Integer> ids = new ArrayList<>();
        for (TokenBatch batch : batches) {
            int s = batch.seqLength();
            for (int i = 0; i < batch.rows() * s; i++) {
                if (batch.lossMask() == null || batch.lossMask()[i]) {
                    ids.add(batch.ids()[i / s * (s + 1) + i % s + 1]);
                }
            }
        }
        return tokenizer.decode(ids.stream().mapToInt(Integer::intValue).toArray());
    }

    @Test
    void theAssistantsTurnsAloneCountWithTheirEnds() throws IOException {
        String lines = line(
                        turn("system", "be brief"),
                        turn("user", "one and one?"),
                        turn("assistant", "two."),
                        turn("user", "and three?"),
                        turn("assistant", "\\n five ä 😀"))
                + line(turn("user", "bye"), turn("assistant", "farewell"))
                + line(turn("user", "fill the row"), turn("assistant", "with this"));
        // The newline of the prompt and that of the answer are one token, which counts.
        assertThat(learnt(run(batches(4, 2, lines).evaluation())))
                .startsWith("two.<|im_end|>\n\n five ä 😀<|im_end|>farewell<|im_end|>");
    }

    @Test
    void aTemplateThatWritesTheLastTurnDifferentlyIsFollowed() throws IOException {
        for (String name : List.of("tokenizer.json", "tokenizer_config.json")) {
            Files.copy(Shared.require("models/tokenizer").resolve(name), directory.resolve(name));
        }
        Files.writeString(directory.resolve("chat_template.jinja"), THINKING);
        tokenizer = Tokenizer.open(directory);
        String lines = line(
                        turn("user", "a"), turn("assistant", "first"), turn("user", "b"), turn("assistant", "second"))
                .repeat(2);
        assertThat(learnt(run(batches(2, 2, lines).evaluation())))
                .startsWith("first<|im_end|>[thought]\nsecond<|im_end|>first<|im_end|>");
    }

    @Test
    void rowsThatTeachNothingAreLeftOut() throws IOException {
        String lines = line(turn("user", "a question that goes on ".repeat(20)), turn("assistant", "yes"))
                + line(turn("user", "another question ".repeat(20)), turn("assistant", "no"));
        List<TokenBatch> batches = run(batches(8, 1, lines).evaluation());
        assertThat(batches).isNotEmpty().allMatch(batch -> batch.targets() > 0);
        assertThat(learnt(batches)).startsWith("yes<|im_end|>");
    }

    @Test
    void theMaskGoesOnExactlyWhereAnyBatchEnded() throws IOException {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 40; i++) {
            lines.append(line(turn("user", "question " + i), turn("assistant", "the answer is " + i * i)));
        }
        Batches batches = batches(16, 3, lines.toString());
        int total = 30;
        List<TokenBatch> whole = run(batches.training().take(total));
        assertThat(whole).anyMatch(batch -> batch.lossMask() != null);
        assertThat(((TextPosition) whole.getLast().next()).epoch()).isPositive();
        for (int after = 0; after < total - 1; after++) {
            TextPosition position =
                    TextPosition.of(((TextPosition) whole.get(after).next()).stored());
            TokenBatch next = run(batches.training(position, after + 1).take(1)).getFirst();
            assertThat(next.ids())
                    .as("after %d", after)
                    .isEqualTo(whole.get(after + 1).ids());
            assertThat(next.lossMask())
                    .as("after %d", after)
                    .isEqualTo(whole.get(after + 1).lossMask());
        }
    }

    @Test
    void refusesRecordsByFileFieldAndRule() {
        refused("{\"other\":1}\n", "chat.jsonl:1: text is absent: must be a text", "or one of messages, conversations");
        refused("{\"messages\":[]}\n", "chat.jsonl:1: messages is []: must be a list of messages");
        refused(line(turn("user", "a")), "messages is without an assistant's turn");
        refused("{\"messages\":[{\"role\":\"assistant\"}]}\n", "messages[0].content is absent: must be a text");
        refused("{\"messages\":[{\"content\":\"a\"}]}\n", "messages[0].role is absent");
    }

    private void refused(String lines, String... messages) {
        assertThatThrownBy(() -> run(batches(4, 1, lines).evaluation()))
                .isInstanceOf(Refused.class)
                .hasMessageContainingAll(messages);
    }

    @Test
    void refusesAModelWithoutATemplateAndATemplateItCannotRun() throws IOException {
        String lines = line(turn("user", "a"), turn("assistant", "b"));
        Files.copy(Shared.require("models/tokenizer").resolve("tokenizer.json"), directory.resolve("tokenizer.json"));
        Path config = directory.resolve("tokenizer_config.json");
        Files.writeString(config, "{\"eos_token\":\"<|endoftext|>\"}");
        tokenizer = Tokenizer.open(directory);
        refused(lines, "tokenizer_config.json: chat_template is absent: must be there, or chat_template.jinja");
        Files.writeString(directory.resolve("chat_template.jinja"), "{% include 'other' %}");
        refused(lines, "chat_template.jinja: chat_template: {% include %} is not supported");
        Files.writeString(directory.resolve("chat_template.jinja"), "{{ raise_exception('not you') }}");
        refused(lines, "chat_template: the template refuses: not you");
        Files.writeString(directory.resolve("chat_template.jinja"), "{{ messages|length }}{{ messages[0].content }}");
        refused(lines, "messages[1] is written by", "in a way that does not show where it begins and ends");
    }

    @Test
    void aConversationCannotBecomeAFileOfIds() throws IOException {
        Path file = Files.writeString(directory.resolve("c.jsonl"), line(turn("user", "a"), turn("assistant", "b")));
        assertThatThrownBy(() -> EncodedSource.plain(
                                TextFile.find(List.of(file), List.of()),
                                READING,
                                tokenizer,
                                1,
                                Long.MAX_VALUE,
                                system.dispatcher()::execute)
                        .runWith(Sink.seq(), system)
                        .toCompletableFuture()
                        .orTimeout(50, TimeUnit.SECONDS)
                        .join())
                .cause()
                .isInstanceOf(Refused.class)
                .hasMessageContaining("must be text: a file of ids cannot say which of them count");
    }
}
