package io.espalier.actors.cases;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.gpu.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Inputs of the kinds on which other tools went wrong in public: each comes out as its README says. A README that names
 * tokens and a loss, documents or an accuracy is held to them; every other one has a check of its own.
 */
@Tag("golden")
@Timeout(300)
class FormatCasesTest {
    private static final List<String> NO_CASES = List.of("_base", "tools");
    private static final Pattern TOKENS_AND_LOSS = Pattern.compile("^(\\d+) tokens, loss ([\\d.]+)");
    private static final Pattern NATS = Pattern.compile("^([\\d.]+) nats over (\\d+) tokens");
    private static final Pattern DOCUMENTS = Pattern.compile("^(\\d+) documents\\b");
    private static final Pattern ACCURACY = Pattern.compile("^accuracy ([\\d.]+\\d)");

    /** Losses are written with five digits. */
    private static final double ROUNDING = 1.5e-5;

    @TempDir
    Path out;

    /** A check of one case against its README, where no number says it all. */
    @FunctionalInterface
    interface Check {
        void holds(FormatCase each) throws IOException;
    }

    @TestFactory
    Stream<DynamicTest> eachComesOutAsItsReadmeSays() throws IOException {
        Path cases = Shared.require("cases/formats");
        Map<String, Check> checks = new HashMap<>(ChatCases.CHECKS);
        checks.putAll(FileCases.CHECKS);
        List<Path> folders;
        try (Stream<Path> all = Files.list(cases)) {
            folders = all.filter(Files::isDirectory).sorted().toList();
        }
        return folders.stream()
                .filter(folder -> !NO_CASES.contains(folder.getFileName().toString()))
                .filter(folder ->
                        !FileCases.MADE_FIRST.contains(folder.getFileName().toString()))
                .map(folder -> DynamicTest.dynamicTest(folder.getFileName().toString(), () -> {
                    FormatCase each = FormatCase.read(
                            folder,
                            Files.createDirectory(
                                    out.resolve(folder.getFileName().toString())));
                    checks.getOrDefault(each.name(), FormatCasesTest::numbers).holds(each);
                }));
    }

    /** The numbers that the README names. */
    static void numbers(FormatCase each) throws IOException {
        JsonNode json = each.json();
        Matcher loss = TOKENS_AND_LOSS.matcher(each.right());
        Matcher nats = NATS.matcher(each.right());
        Matcher documents = DOCUMENTS.matcher(each.right());
        Matcher accuracy = ACCURACY.matcher(each.right());
        if (loss.find()) {
            assertThat(json.path("tokens").asLong()).isEqualTo(Long.parseLong(loss.group(1)));
            assertThat(json.path("loss").asDouble()).isCloseTo(Double.parseDouble(loss.group(2)), within(ROUNDING));
        } else if (nats.find()) {
            assertThat(json.path("tokens").asLong()).isEqualTo(Long.parseLong(nats.group(2)));
            assertThat(json.path("loss").asDouble()).isCloseTo(Double.parseDouble(nats.group(1)), within(ROUNDING));
        } else if (documents.find()) {
            assertThat(json.path("documents").asLong()).isEqualTo(Long.parseLong(documents.group(1)));
        } else {
            assertThat(accuracy.find()).as("a number in: " + each.right()).isTrue();
            assertThat(json.path("accuracy").asDouble()).isCloseTo(Double.parseDouble(accuracy.group(1)), within(1e-9));
        }
    }
}
