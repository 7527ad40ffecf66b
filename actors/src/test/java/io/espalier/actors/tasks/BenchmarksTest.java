package io.espalier.actors.tasks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.actors.choices.Accuracy;
import io.espalier.actors.job.ComputeSettings;
import io.espalier.gpu.LaxJson;
import io.espalier.gpu.Shared;
import io.espalier.gpu.torch.Dtype;
import io.espalier.streams.batch.Beginning;
import io.espalier.streams.tasks.Task;
import io.espalier.streams.tasks.TaskPart;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Log-likelihoods, choices, texts, accuracies and standard errors are those that lm-eval 0.4.13 gave with transformers for
 * the shared teacher over made-up files.
 */
@Timeout(240)
class BenchmarksTest {
    private static final Path RESOURCES = Path.of("../streams/src/test/resources/tasks");
    private static final int LINE = 1 << 20;
    private static final ComputeSettings COMPUTE = new ComputeSettings("cpu", Dtype.F32, 0, 4 << 20);

    @TempDir
    Path directory;

    private Benchmarks benchmarks(List<String> names, int shots, Integer limit, Path log) {
        TaskPart.Settings settings = new TaskPart.Settings(RESOURCES.resolve("data"), shots, limit, 1234, LINE);
        return new Benchmarks(Benchmarks.read(names, settings), COMPUTE, Beginning.TOKENIZER, 8, log);
    }

    @Test
    @Tag("golden")
    void choicesAndErrorsAreThoseOfTheHarness() throws IOException {
        Path teacher = Shared.require("models/teacher-7m");
        List<String> names =
                Task.names().stream().filter(name -> !name.equals("gsm8k")).toList();
        Path log = directory.resolve("log.jsonl");
        List<Long> told = new ArrayList<>();
        Benchmarks benchmarks = benchmarks(names, 0, null, log);
        List<TaskResult> results = benchmarks.ask(teacher, null, told::add).model();
        JsonNode pinned = LaxJson.read(RESOURCES.resolve("lm-eval.json"));
        assertThat(told).isSorted().endsWith(benchmarks.questions());
        assertThat(items(log, pinned, 0)).isEqualTo((int) benchmarks.questions());
        for (TaskResult result : results) {
            String name = result.task().title() + (result.subject().isEmpty() ? "" : "_" + result.subject());
            JsonNode expected = pinned.path(name).path(0).path("results");
            if (name.equals("mmlu")) {
                continue;
            }
            result.measures().forEach((measure, accuracy) -> {
                assertThat(accuracy.share())
                        .as(name + " " + measure)
                        .isCloseTo(expected.path(measure + ",none").doubleValue(), within(1e-12));
                assertThat(result.errors().get(measure))
                        .as(name + " " + measure)
                        .isCloseTo(expected.path(measure + "_stderr,none").doubleValue(), within(1e-12));
            });
        }
    }

    @Test
    @Tag("golden")
    void examplesAreDrawnAsTheHarnessDrawsThem() throws IOException {
        Path teacher = Shared.require("models/teacher-7m");
        Path log = directory.resolve("log.jsonl");
        benchmarks(List.of("winogrande", "mmlu", "openbookqa"), 3, 2, log).ask(teacher, null, _ -> {});
        assertThat(items(log, LaxJson.read(RESOURCES.resolve("lm-eval.json")), 3))
                .isEqualTo(10);
    }

    @Test
    @Tag("golden")
    void whatIsWrittenIsTheTextThatTransformersWrites() throws IOException {
        Path teacher = Shared.require("models/teacher-7m");
        Path log = directory.resolve("log.jsonl");
        List<TaskResult> results = benchmarks(List.of("gsm8k"), 2, 1, log)
                .ask(teacher, null, _ -> {})
                .model();
        assertThat(items(log, LaxJson.read(RESOURCES.resolve("lm-eval.json")), 2))
                .isEqualTo(1);
        assertThat(results.getFirst().measures())
                .containsOnlyKeys("exact_match,strict-match", "exact_match,flexible-extract");
    }

    private static int items(Path log, JsonNode pinned, int shots) throws IOException {
        int compared = 0;
        for (String line : Files.readAllLines(log)) {
            JsonNode ours = LaxJson.mapper().readTree(line);
            String name = ours.path("task").textValue()
                    + (ours.has("subject") ? "_" + ours.path("subject").textValue() : "");
            for (JsonNode run : pinned.path(name)) {
                JsonNode theirs = run.path("items").path(ours.path("item").intValue());
                if (run.path("shots").intValue() == shots && theirs.isObject()) {
                    compared++;
                    compare(name, ours, theirs);
                }
            }
        }
        return compared;
    }

    private static void compare(String name, JsonNode ours, JsonNode theirs) {
        String where = name + " " + ours.path("where").textValue();
        assertThat(ours.path("written")).as(where).isEqualTo(theirs.path("written"));
        JsonNode expected = theirs.path("log_likelihoods");
        assertThat(ours.path("log_likelihoods").size()).as(where).isEqualTo(expected.size());
        for (int i = 0; i < expected.size(); i++) {
            assertThat(ours.path("log_likelihoods").get(i).doubleValue())
                    .as(where)
                    .isCloseTo(expected.get(i).doubleValue(), within(2e-4));
        }
        assertThat(ours.path("acc")).as(where).isEqualTo(theirs.path("acc"));
        assertThat(ours.path("acc_norm")).as(where).isEqualTo(theirs.path("acc_norm"));
    }

    private static TaskResult mmlu(String subject, int right, int asked) {
        List<Answered> answers = new ArrayList<>();
        for (int i = 0; i < asked; i++) {
            answers.add(new Answered("row " + i, 0, List.of(), null, List.of(i < right), false));
        }
        return TaskResult.of(Task.MMLU, subject, 0, answers);
    }

    @Test
    void subjectsAreWeighedByTheirQuestionsAndTheirVariancesPooled() {
        List<TaskResult> all = TaskResult.withTotal(List.of(mmlu("a", 3, 7), mmlu("b", 0, 6), mmlu("c", 1, 5)));
        assertThat(all).hasSize(4);
        assertThat(all.getFirst().measures().get("acc")).isEqualTo(new Accuracy(4, 18, 0));
        // The number is lm-eval's pooled_sample_stderr of these.
        double[] errors = {Math.sqrt(3 / 7. * 4 / 7. / 6), 0, 0.2};
        double variance = (6 * errors[0] * errors[0] * 7 + 4 * errors[2] * errors[2] * 5) / 15;
        assertThat(all.getFirst().errors().get("acc")).isCloseTo(Math.sqrt(variance / 18), within(1e-12));
    }

    @Test
    void oneQuestionHasNoErrorAndTheTeacherStandsBesideTheModel() {
        TaskResult model = TaskResult.withTotal(List.of(mmlu("a", 1, 1))).getFirst();
        TaskResult teacher = TaskResult.withTotal(List.of(mmlu("a", 0, 1))).getFirst();
        Benchmarks.Results results = new Benchmarks.Results(List.of(model), List.of(teacher));
        ObjectNode json = LaxJson.mapper().createObjectNode();
        BenchmarkTable.put(json, results);
        JsonNode found = json.at("/tasks/mmlu/measures/acc");
        assertThat(found.path("value").doubleValue()).isEqualTo(1);
        assertThat(found.has("stderr")).isFalse();
        assertThat(found.at("/teacher/value").doubleValue()).isZero();
        assertThat(BenchmarkTable.table(results).toText().lines().toList().get(1))
                .containsSubsequence("mmlu", "acc", "0.00", "-", "100.00", "-");
        assertThat(Map.copyOf(model.measures())).containsOnlyKeys("acc");
    }
}
