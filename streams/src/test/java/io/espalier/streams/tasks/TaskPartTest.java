package io.espalier.streams.tasks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.gpu.LaxJson;
import io.espalier.gpu.Refused;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Prompts are those of lm-eval 0.4.13, character by character, over made-up files in the form of each data set: without
 * examples, and with examples drawn by its seed. Rows that are no questions are refused.
 */
@Timeout(30)
class TaskPartTest {
    private static final Path RESOURCES = Path.of("src/test/resources/tasks");
    private static final long SEED = 1234;
    private static final int LINE = 1 << 20;

    @TempDir
    Path directory;

    private static TaskPart.Settings settings(Path data, Integer shots, Integer limit) {
        return new TaskPart.Settings(data, shots, limit, SEED, LINE);
    }

    private static List<String> texts(JsonNode list) {
        List<String> texts = new ArrayList<>();
        list.forEach(text -> texts.add(text.textValue()));
        return texts;
    }

    @ParameterizedTest
    @EnumSource(Task.class)
    void promptsAreThoseOfTheHarness(Task task) {
        JsonNode pinned = LaxJson.read(RESOURCES.resolve("lm-eval.json"));
        int compared = 0;
        for (int shots : new int[] {0, 2, 3}) {
            for (TaskPart part : TaskPart.read(task, settings(RESOURCES.resolve("data"), shots, null))) {
                String name = task.title() + (part.name().isEmpty() ? "" : "_" + part.name());
                for (JsonNode run : pinned.path(name)) {
                    if (run.path("shots").intValue() == shots) {
                        compared += compare(part, run.path("items"));
                    }
                }
            }
        }
        assertThat(compared).isPositive();
    }

    private static int compare(TaskPart part, JsonNode items) {
        for (int i = 0; i < items.size(); i++) {
            TaskPart.Asked asked = part.asked().get(i);
            List<String> contexts = texts(items.get(i).path("contexts"));
            List<String> ours = contexts.size() == 1 ? asked.contexts().subList(0, 1) : asked.contexts();
            assertThat(ours).as(asked.where()).isEqualTo(contexts);
            if (part.task().measure() != Task.Measure.WRITTEN) {
                List<String> continuations = new ArrayList<>();
                for (int c = 0; c < asked.answers().size(); c++) {
                    continuations.add(asked.continuation(c));
                }
                assertThat(continuations)
                        .as(asked.where())
                        .isEqualTo(texts(items.get(i).path("continuations")));
            }
        }
        return items.size();
    }

    @Test
    void aLimitKeepsTheFirstQuestionsAndTheirExamples() {
        Path data = RESOURCES.resolve("data");
        List<TaskPart.Asked> all =
                TaskPart.read(Task.PIQA, settings(data, 3, null)).getFirst().asked();
        assertThat(TaskPart.read(Task.PIQA, settings(data, 3, 4)).getFirst().asked())
                .isEqualTo(all.subList(0, 4));
    }

    @Test
    void subjectsInOneFileAreToldApartByTheirColumn() throws IOException {
        String row = "{\"question\":\"q%d\",\"subject\":\"%s\",\"choices\":[\"a\",\"b\",\"c\",\"d\"],\"answer\":1}\n";
        Path folder = Files.createDirectories(directory.resolve("mmlu/all"));
        Files.writeString(
                folder.resolve("test.jsonl"),
                row.formatted(1, "anatomy") + row.formatted(2, "virology") + row.formatted(3, "anatomy"));
        assertThat(TaskPart.read(Task.MMLU, settings(directory, 0, null)))
                .extracting(TaskPart::name, part -> part.asked().size())
                .containsExactly(tuple("anatomy", 2), tuple("virology", 1));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "piqa | {\"goal\":\"g\",\"sol1\":\"a\",\"sol2\":\"b\",\"label\":2} |"
                        + " :1: label is 2: must be the number of a choice, 0 to 1",
                "piqa | {\"goal\":\"g\",\"sol1\":\"a\",\"label\":1} |"
                        + " :1: sol2 is absent: must be there (fields: [goal, sol1, label])",
                "piqa | {\"goal\":7,\"sol1\":\"a\",\"sol2\":\"b\",\"label\":1} | :1: goal is 7: must be a text",
                "piqa | nonsense | :1: line is no JSON",
                "arc_easy | {\"question\":\"q\",\"choices\":{\"text\":[\"x\",\"y\"],\"label\":[\"A\",\"B\"]},"
                        + "\"answerKey\":\"C\"} | :1: answerKey is 'C': must be one of [A, B]",
                "arc_easy | {\"question\":\"q\",\"choices\":{\"text\":[\"x\",\"y\",\"z\"],\"label\":[\"A\",\"B\"]},"
                        + "\"answerKey\":\"A\"} | :1: choices.text is 3 texts: must be the 2 of choices.label",
                "winogrande | {\"sentence\":\"no blank\",\"option1\":\"a\",\"option2\":\"b\",\"answer\":\"1\"} |"
                        + " :1: sentence is 'no blank': must hold the blank _",
                "boolq | {\"passage\":\"p\",\"question\":\"q\",\"label\":\"yes\"} |"
                        + " :1: label is \"yes\": must be the number of a choice, 0 to 1"
            })
    void aRowThatIsNoQuestionIsRefusedByFileRowFieldAndRule(String name, String row, String said) throws IOException {
        Task task = Task.named(name);
        Path folder = Files.createDirectories(directory.resolve(name));
        Path file = folder.resolve(task.data().asked() + ".jsonl");
        Files.writeString(file, row + "\n");
        assertThatThrownBy(() -> TaskPart.read(task, settings(directory, 0, null)))
                .isInstanceOf(Refused.class)
                .hasMessageStartingWith(file + said.strip())
                .extracting(e -> ((Refused) e).reason())
                .isEqualTo(Refused.Reason.VALIDATION);
    }

    @Test
    void aMissingShardAnEmptySplitAndTooFewExamplesAreRefused() throws IOException {
        Path folder = Files.createDirectories(directory.resolve("piqa"));
        refused("holds no split validation", Task.PIQA, 0);
        String row = "{\"goal\":\"g\",\"sol1\":\"a\",\"sol2\":\"b\",\"label\":1}\n";
        Files.writeString(folder.resolve("validation-00000-of-00002.jsonl"), row);
        refused("files of the split is [validation-00000-of-00002.jsonl]: must be 2", Task.PIQA, 0);
        Files.writeString(folder.resolve("validation-00001-of-00002.jsonl"), row);
        Files.writeString(folder.resolve("train.jsonl"), row);
        refused("split train: rows is 1: must be at least 3 for shots 2", Task.PIQA, 2);
        refused("holds no data of gsm8k: must hold a folder gsm8k or openai/gsm8k/main or gsm8k/main", Task.GSM8K, 0);
        Files.writeString(folder.resolve("validation-00000-of-00002.jsonl"), "");
        Files.writeString(folder.resolve("validation-00001-of-00002.jsonl"), "");
        refused("rows is 0: must be at least one", Task.PIQA, 0);
    }

    private void refused(String said, Task task, int shots) {
        assertThatThrownBy(() -> TaskPart.read(task, settings(directory, shots, null)))
                .isInstanceOf(Refused.class)
                .hasMessageContaining(said);
    }

    @Test
    void anUnknownTaskIsRefusedWithTheKnownOnes() {
        assertThatThrownBy(() -> Task.named("arc"))
                .isInstanceOf(Refused.class)
                .hasMessage("tasks arc: must be one of " + Task.names());
    }
}
