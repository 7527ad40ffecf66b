package io.espalier.streams.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;

/**
 * Filters, methods, tests, operators, blanks and blocks, each with its neighbours. Every text was written by Jinja2 3.1
 * as transformers 5.18 sets it up, at 14:05:09 on 7 March 2026; where it raised an error there is none, and the template
 * is refused here too. The first line of the file has the variables.
 */
@Timeout(60)
class JinjaTest {
    private static final ZonedDateTime NOW = ZonedDateTime.of(2026, 3, 7, 14, 5, 9, 0, ZoneOffset.UTC);
    private static final ObjectMapper JSON = new ObjectMapper().enable(DeserializationFeature.USE_LONG_FOR_INTS);

    @TestFactory
    Stream<DynamicTest> writesWhatJinjaWrites() throws IOException {
        List<String> lines;
        try (InputStream in = JinjaTest.class.getResourceAsStream("/chat/jinja.jsonl")) {
            lines = new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
        }
        Map<String, Object> variables = JSON.readValue(lines.getFirst(), new TypeReference<>() {});
        assertThat(lines).hasSizeGreaterThan(400);
        return lines.stream().skip(1).map(line -> {
            JsonNode row = read(line);
            String template = row.path("template").asText();
            return DynamicTest.dynamicTest(template, () -> {
                if (row.path("text").isNull()) {
                    assertThatThrownBy(() -> render(template, variables)).isInstanceOf(TemplateException.class);
                } else {
                    assertThat(render(template, variables))
                            .isEqualTo(row.path("text").asText());
                }
            });
        });
    }

    private static JsonNode read(String line) {
        try {
            return JSON.readTree(line);
        } catch (IOException e) {
            throw new IllegalStateException(line, e);
        }
    }

    private static String render(String template, Map<String, Object> variables) {
        return Template.parse(template).render(variables, NOW).text();
    }
}
