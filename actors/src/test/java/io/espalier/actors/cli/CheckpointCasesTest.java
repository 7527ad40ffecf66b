package io.espalier.actors.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;

/** Checkpoints as others write them have the loss that transformers computes of them, by each case's own words. */
@Tag("golden")
@Timeout(120)
class CheckpointCasesTest {
    private static final Pattern RIGHT = Pattern.compile("(?m)^Right: ([0-9.]+) nats over ([0-9]+) tokens");

    @TestFactory
    Stream<DynamicTest> haveTheLossThatTransformersComputes() throws IOException {
        String named = System.getProperty("espalier.shared", "");
        Path checkout = Path.of(System.getProperty("espalier.root", ".."));
        Path cases = checkout.resolve(named.isBlank() ? "../shared" : named)
                .resolve("cases/formats")
                .normalize();
        assumeTrue(Files.isDirectory(cases), cases + " is absent");
        try (Stream<Path> folders = Files.list(cases)) {
            List<DynamicTest> tests = folders.sorted()
                    .filter(folder -> right(folder).find())
                    .map(folder -> DynamicTest.dynamicTest(folder.getFileName().toString(), () -> scores(folder)))
                    .toList();
            assertThat(tests).isNotEmpty();
            return tests.stream();
        }
    }

    private static Matcher right(Path folder) {
        Path readme = folder.resolve("README.md");
        try {
            return RIGHT.matcher(Files.exists(readme) ? Files.readString(readme) : "");
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static void scores(Path folder) throws IOException {
        Matcher right = right(folder);
        assertThat(right.find()).isTrue();
        CommandLineRun run = CommandLineRun.of(
                "eval",
                "--model",
                folder.toString(),
                "--data",
                folder.resolveSibling("_base/text.jsonl").toString(),
                "--seq-length",
                "32",
                "--batch",
                "4",
                "--json");
        assertThat(run.exitCode()).as(run.err()).isZero();
        JsonNode json = new ObjectMapper().readTree(run.out());
        assertThat(json.get("tokens").asInt()).isEqualTo(Integer.parseInt(right.group(2)));
        assertThat(json.get("loss").asDouble()).isCloseTo(Double.parseDouble(right.group(1)), within(2e-5));
    }
}
