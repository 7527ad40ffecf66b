package io.espalier.streams.live;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.streams.batch.DocumentEncoder;
import io.espalier.streams.batch.Tokenizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whatever bytes a record has, it becomes ids or a reason, and never an exception that would stop the stream. */
@Timeout(60)
class RecordDecoderTest {
    private static final String TEMPLATE = """
            {%- for m in messages %}{{ m.role + ': ' + m.content + '\\n' }}{% for c in m.tool_calls %}{{ c.name }}{% endfor %}
            {%- endfor %}{% if add_generation_prompt %}{{ 'assistant: ' }}{% endif %}
            """;

    private static final String[] VALUES = {
        "null",
        "true",
        "3",
        "-1e400",
        "\"\"",
        "\"x\"",
        "\"\\ud800\"",
        "[]",
        "{}",
        "[null]",
        "[[1]]",
        "{\"name\":3}",
        "\"user\"",
        "\"assistant\"",
        "[{\"name\":\"f\"}]",
        "[".repeat(1200) + "]".repeat(1200)
    };

    @TempDir
    Path directory;

    private Tokenizer tokenizer;

    @BeforeEach
    void open() throws IOException {
        tokenizer = ByteTokenizer.open(directory);
        Files.writeString(directory.resolve("chat_template.jinja"), TEMPLATE);
    }

    @AfterEach
    void close() {
        tokenizer.close();
    }

    private RecordDecoder decoder(int vocabulary) {
        return new RecordDecoder(new DocumentEncoder(tokenizer, vocabulary), LiveRig.READING);
    }

    private static Arrival json(byte[] bytes) {
        return ScriptedSource.item("a", 4, null, Arrival.Form.JSON, bytes);
    }

    private static Arrival json(String text) {
        return json(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void conversationsAreIdsOfWhichTheAssistantsCount() {
        Decoded decoded = decoder(ByteTokenizer.VOCABULARY)
                .decode(json("{\"messages\":[{\"role\":\"user\",\"content\":\"a\"},"
                        + "{\"role\":\"assistant\",\"content\":\"bc\"}]}"));
        boolean[] counted = ((Decoded.Text) decoded).ids().counted();
        assertThat(new String(toBytes((Decoded.Text) decoded), StandardCharsets.UTF_8))
                .isEqualTo("user: a\nassistant: bc\n");
        assertThat(counted[counted.length - 1]).isTrue();
        assertThat(counted[0]).isFalse();
    }

    private static byte[] toBytes(Decoded.Text text) {
        byte[] bytes = new byte[text.ids().ids().length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) text.ids().ids()[i];
        }
        return bytes;
    }

    @Test
    void idsThatTheModelDoesNotHaveAreAReason() {
        Decoded decoded = decoder(200).decode(json("{\"text\":\"😀\"}"));
        assertThat(((Decoded.Dead) decoded).reason())
                .contains("token id is 240: must be below the model's vocab_size 200");
    }

    @Test
    void anyBytesBecomeIdsOrAReason() {
        long seed = 23;
        Random random = new Random(seed);
        RecordDecoder decoder = decoder(ByteTokenizer.VOCABULARY);
        int dead = 0;
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = i % 2 == 0 ? damaged(random) : made(random).getBytes(StandardCharsets.UTF_8);
            Decoded decoded = decoder.decode(json(bytes));
            assertThat(decoded).as("seed %d, record %d", seed, i).isNotNull();
            dead += decoded instanceof Decoded.Dead ? 1 : 0;
        }
        assertThat(dead).as("of all").isBetween(2_000, 19_900);
    }

    private static byte[] damaged(Random random) {
        byte[] bytes = "{\"text\":\"ein Süßes \\u00e4 word\",\"tools\":[1,2]}".getBytes(StandardCharsets.UTF_8);
        for (int flips = random.nextInt(3); flips > 0; flips--) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
        }
        return bytes;
    }

    private static String made(Random random) {
        return "{\"messages\":[{\"role\":" + value(random) + ",\"content\":" + value(random) + ",\"tool_calls\":"
                + value(random) + "},{\"role\":\"assistant\",\"content\":\"x\"}],\"tools\":" + value(random) + "}";
    }

    private static String value(Random random) {
        return VALUES[random.nextInt(VALUES.length)];
    }
}
