package io.espalier.actors.choices;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.espalier.gpu.Refused;
import io.espalier.streams.batch.Beginning;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Questions are read as they are published, asked as the harness asks them, and counted with an interval. */
@Timeout(30)
class ChoicesTest {
    private static final Question SUM = new Question(" 1 + 1? ", List.of("1", "2", "3", "4"), 1, "elementary_maths");
    private static final Question SKY = new Question("The sky is", List.of("blue", "green"), 0, "");

    @TempDir
    Path directory;

    @Test
    void aPromptIsThatOfMmlu() {
        assertThat(new ChoicePrompt(0, List.of(), Beginning.TOKENIZER).context(SUM))
                .isEqualTo("The following are multiple choice questions (with answers) about elementary maths.\n\n"
                        + "1 + 1?\nA. 1\nB. 2\nC. 3\nD. 4\nAnswer:");
        assertThat(new ChoicePrompt(0, List.of(), Beginning.TOKENIZER).context(SKY))
                .isEqualTo("The sky is\nA. blue\nB. green\nAnswer:");
    }

    @Test
    void examplesAreSolvedAndOfTheSameSubject() {
        Question other = new Question("2 + 2?", List.of("4", "5"), 0, "elementary_maths");
        ChoicePrompt prompt = new ChoicePrompt(1, List.of(SKY, SUM, other), Beginning.TOKENIZER);
        assertThat(prompt.context(SUM)).as("a question is no example of itself").isEqualTo("""
            The following are multiple choice questions (with answers) about elementary maths.

            2 + 2?
            A. 4
            B. 5
            Answer: A

            1 + 1?
            A. 1
            B. 2
            C. 3
            D. 4
            Answer:\
            """);
        assertThatThrownBy(() -> new ChoicePrompt(2, List.of(SKY, SUM, other), Beginning.TOKENIZER).context(other))
                .isInstanceOf(Refused.class)
                .hasMessageContaining("questions about elementary_maths is 1: must be at least the 2 of --shots");
    }

    @Test
    void questionsSurviveTheirFileAndLettersAreIndices() throws IOException {
        Path file = directory.resolve("q.jsonl");
        QuestionFile.write(file, List.of(SUM, SKY));
        assertThat(QuestionFile.read(file)).containsExactly(SUM, SKY);
        Files.writeString(file, "{\"question\": \"q\", \"choices\": [\"x\", \"y\"], \"answer\": \"B\"}\n\n");
        assertThat(QuestionFile.read(file)).containsExactly(new Question("q", List.of("x", "y"), 1, ""));
    }

    @TestFactory
    Stream<DynamicTest> whatIsNoQuestionIsRefusedByItsLine() {
        String good = "{\"question\": \"q\", \"choices\": [\"x\", \"y\"], \"answer\": 1}\n";
        return Stream.of(
                        "nonsense",
                        "{\"choices\": [\"x\", \"y\"], \"answer\": 1}",
                        "{\"question\": \"q\", \"choices\": [\"x\"], \"answer\": 0}",
                        "{\"question\": \"q\", \"choices\": [\"x\", 2], \"answer\": 0}",
                        "{\"question\": \"q\", \"choices\": [\"x\", \"y\"], \"answer\": 2}",
                        "{\"question\": \"q\", \"choices\": [\"x\", \"y\"], \"answer\": \"c\"}",
                        "{\"question\": \"q\", \"choices\": [\"x\", \"y\"]}")
                .map(line -> DynamicTest.dynamicTest(line, () -> {
                    Path file = Files.writeString(Files.createTempFile(directory, "q", ".jsonl"), good + line + "\n");
                    assertThatThrownBy(() -> QuestionFile.read(file))
                            .isInstanceOf(Refused.class)
                            .hasMessageStartingWith(file + ":2");
                }));
    }

    @Test
    void mmluIsConvertedWithQuotesCommasAndLineBreaks() throws IOException {
        Path test = Files.createDirectories(directory.resolve("data/test"));
        Files.writeString(
                test.resolve("college_law_test.csv"),
                "\"Who, then,\nsaid \"\"no\"\"?\",one,two,\"three, four\",five,C\nplain,a,b,c,d,A\n");
        Files.writeString(test.resolve("anatomy_test.csv"), "bone,a,b,c,d,D\n");
        List<MmluFiles.Converted> converted = MmluFiles.convert(directory.resolve("data"), directory);
        assertThat(converted).containsExactly(new MmluFiles.Converted(directory.resolve("test.jsonl"), 3, 2));
        assertThat(QuestionFile.read(directory.resolve("test.jsonl")))
                .containsExactly(
                        new Question("bone", List.of("a", "b", "c", "d"), 3, "anatomy"),
                        new Question(
                                "Who, then,\nsaid \"no\"?",
                                List.of("one", "two", "three, four", "five"),
                                2,
                                "college_law"),
                        new Question("plain", List.of("a", "b", "c", "d"), 0, "college_law"));
        Files.writeString(test.resolve("bad_test.csv"), "q,a,b,c,d,E\n");
        assertThatThrownBy(() -> MmluFiles.convert(directory.resolve("data"), directory))
                .isInstanceOf(Refused.class)
                .hasMessageContaining("bad_test.csv: row 1: answer is E: must be A, B, C or D");
        assertThatThrownBy(() -> MmluFiles.convert(/* directory= */ test, /* target= */ directory))
                .hasMessageContaining("must hold MMLU's folders");
    }

    /** Values from R's binom::binom.wilson(right, asked). */
    @Test
    void accuracyHasWilsonsInterval() {
        Accuracy accuracy = new Accuracy(8, 10, 0);
        assertThat(accuracy.share()).isEqualTo(0.8);
        assertThat(accuracy.low()).isCloseTo(0.4901625, within(1e-6));
        assertThat(accuracy.high()).isCloseTo(0.9433178, within(1e-6));
        assertThat(new Accuracy(0, 10, 0).low()).isCloseTo(0, within(1e-12));
        assertThat(new Accuracy(0, 10, 0).high()).isCloseTo(0.2775328, within(1e-6));
    }
}
