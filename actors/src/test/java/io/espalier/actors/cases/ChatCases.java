package io.espalier.actors.cases;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.actors.cases.FormatCasesTest.Check;
import java.io.IOException;
import java.time.Year;
import java.time.ZoneId;
import java.util.Map;

/** Checks of conversations, continuations and questions. */
final class ChatCases {
    static final Map<String, Check> CHECKS = Map.of(
            "chat-prefilled-think", ChatCases::answersWithoutTheirPrompt,
            "chat-strftime-now", ChatCases::theYearIsThatOfTheReadme,
            "generate-ignores-eos-list", ChatCases::stopsAtOnce,
            "generate-loses-a-space", ChatCases::keepsTheSpace);

    private ChatCases() {}

    /** Yes.(3 ids and the end) and It was.(4 ids and the end) in six conversations, less what the last row lacks. */
    private static void answersWithoutTheirPrompt(FormatCase each) throws IOException {
        assertThat(each.json().path("tokens").asLong()).isEqualTo(55);
    }

    /** The README's loss is that of its year. */
    private static void theYearIsThatOfTheReadme(FormatCase each) throws IOException {
        if (Year.now(ZoneId.systemDefault()).getValue() == 2026) {
            FormatCasesTest.numbers(each);
        } else {
            assertThat(each.json().path("tokens").asLong()).isPositive();
        }
    }

    private static void stopsAtOnce(FormatCase each) throws IOException {
        JsonNode json = each.json();
        assertThat(json.path("tokens").asLong()).isZero();
        assertThat(json.path("text").asText()).isEmpty();
    }

    private static void keepsTheSpace(FormatCase each) {
        assertThat(each.run().out().strip()).isEqualTo("Hello there there");
    }
}
