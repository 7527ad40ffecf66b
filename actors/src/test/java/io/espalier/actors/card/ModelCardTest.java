package io.espalier.actors.card;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.gpu.LaxJson;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.prune.Pruner;
import io.espalier.gpu.prune.PruningPlan;
import io.espalier.gpu.prune.PruningTargets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A card tells facts of files alone, and nothing in a file can put a field or a path into it. */
@Timeout(60)
class ModelCardTest {
    @TempDir
    Path directory;

    private Path model;
    private Path teacher;

    @BeforeEach
    void models() throws IOException {
        model = model("model", 2, "");
        teacher = model("teacher", 4, "acme/garden");
    }

    private Path model(String name, int layers, String called) throws IOException {
        ObjectNode json = LaxJson.mapper().createObjectNode();
        json.put("model_type", "qwen3")
                .put("vocab_size", 50)
                .put("hidden_size", 16)
                .put("intermediate_size", 24);
        json.put("num_hidden_layers", layers).put("num_attention_heads", 4).put("num_key_value_heads", 2);
        json.put("head_dim", 8).put("torch_dtype", "float32").put("_name_or_path", called);
        json.put("rms_norm_eps", 1e-6).put("rope_theta", 1e4);
        Path path = Files.createDirectories(directory.resolve(name));
        Files.writeString(path.resolve("config.json"), json.toString());
        return path;
    }

    private void metrics(long validated, String file) throws IOException {
        ObjectNode line = LaxJson.mapper().createObjectNode().put("step", validated);
        line.putObject("validation")
                .putObject(file)
                .put("tokens", 10)
                .put("loss", 3.5)
                .put("kl", 0.25);
        Files.writeString(
                model.resolve("metrics.jsonl"), "{\"step\":40,\"tokens\":8192}\n" + line + "\n{\"step\":9,\"tok");
    }

    private String card(Path of, Path original, String name) {
        return ModelCard.of(CardFacts.ofStored(of, original, directory.resolve(name)));
    }

    /** The fields of the front, each of which is one line. */
    private static Map<String, JsonNode> front(String card) throws IOException {
        Map<String, JsonNode> fields = new LinkedHashMap<>();
        String front = card.substring(4, card.indexOf("\n---\n"));
        for (String line : front.lines().toList()) {
            int colon = line.indexOf(": ");
            fields.put(line.substring(0, colon), LaxJson.mapper().readTree(line.substring(colon + 2)));
        }
        return fields;
    }

    @Test
    void factsOfTheTeacherAndTheRunStandInTheFront() throws IOException {
        Files.writeString(
                teacher.resolve("README.md"),
                "---\nlicense: apache-2.0\nlanguage:\n- en\n- 'de'\n---\n\nlicense: other\n");
        metrics(40, "tech.jsonl");
        String card = card(model, teacher, "garden-small");
        Map<String, JsonNode> front = front(card);
        assertThat(front.get("base_model").textValue()).isEqualTo("acme/garden");
        assertThat(front.get("base_model_relation").textValue()).isEqualTo("finetune");
        assertThat(front.get("license").textValue()).isEqualTo("apache-2.0");
        assertThat(front.get("language")).extracting(JsonNode::textValue).containsExactly("en", "de");
        assertThat(front.get("tags"))
                .extracting(JsonNode::textValue)
                .containsExactly("espalier", "pruning", "distillation");
        JsonNode metrics = front.get("model-index").at("/0/results/0/metrics");
        assertThat(metrics.size()).isEqualTo(2);
        assertThat(metrics.at("/0/value").doubleValue()).isEqualTo(3.5);
        assertThat(metrics.at("/1/value").doubleValue()).isEqualTo(0.25);
        assertThat(card).containsPattern("layers +\\| +4 \\| +2 \\|").contains("40 steps on 8,192 tokens");
    }

    @Test
    void whatIsNotKnownIsLeftOut() throws IOException {
        Map<String, JsonNode> front = front(card(model, null, "garden-small"));
        assertThat(front).containsOnlyKeys("library_name", "pipeline_tag", "tags");
        assertThat(front.get("tags")).extracting(JsonNode::textValue).containsExactly("espalier");
        assertThat(card(model, teacher, "x")).doesNotContain("license", "## Training");
    }

    @Test
    void scoresOfAnEarlierStepAreNotThoseOfTheModel() throws IOException {
        metrics(30, "tech.jsonl");
        String card = card(model, teacher, "garden-small");
        assertThat(front(card)).doesNotContainKey("model-index");
        assertThat(card).contains("after step 30");
    }

    @Test
    void noNameCanBeginAFieldOrTellAPath() throws IOException {
        String hostile = "/home/somebody/secret/x\n---\nlicense: evil\r\u2028\u0085| `y`.jsonl";
        metrics(40, hostile);
        Files.writeString(
                teacher.resolve("README.md"),
                "---\nlicense: [\"a\nlicense_name: evil\nlanguage: [en, 'x: y', {}]\n---\n");
        String card = card(model, teacher, "a\"b\n---\nlicense: evil");
        assertThat(front(card))
                .containsOnlyKeys(
                        "base_model",
                        "base_model_relation",
                        "language",
                        "library_name",
                        "pipeline_tag",
                        "tags",
                        "model-index");
        assertThat(card).doesNotContain("somebody", directory.toString(), "\nlicense");
        assertThat(card.lines().filter("---"::equals).count()).isEqualTo(2);
    }

    @Test
    void whatWasCutStandsInTheCardOfThatShapeAlone() throws IOException {
        ModelConfig original = ModelConfig.read(teacher);
        PruningPlan plan =
                PruningPlan.choose(original, new PruningTargets(null, List.of(0, 2), null, null, null, null), null);
        Files.writeString(model.resolve(Pruner.PLAN_FILE), plan.toJson());
        Path report = Files.createDirectories(model.resolve("pruning")).resolve("report.json");
        Files.writeString(report, """
            {"calibration":{"rows":8,"tokens":1024},"teacher":{"loss":2.5,"kl":0},
             "zero_shot":{"loss":3.25,"kl":0.75}}\
            """);
        String card = card(model, null, "x");
        assertThat(card)
                .contains("counted from 0: 1, 3.", "8 rows of text, 1,024 tokens")
                .containsPattern("loss, nats per token +\\| +2.5000 \\| +3.2500 \\|")
                .containsPattern("layers +\\| +4 \\| +2 \\|");
        assertThat(front(card).get("tags")).extracting(JsonNode::textValue).containsExactly("espalier", "pruning");
        Path other = model("other", 3, "");
        Files.copy(model.resolve(Pruner.PLAN_FILE), other.resolve(Pruner.PLAN_FILE));
        assertThat(card(other, null, "x")).doesNotContain("## Pruning");
        Files.writeString(model.resolve(Pruner.PLAN_FILE), "{");
        assertThat(card(model, null, "x")).doesNotContain("## Pruning");
    }

    @Test
    void termsAndTheFirstModelsNameAreHandedDown() throws IOException {
        Files.writeString(teacher.resolve("README.md"), """
            ---
            license: other
            license_name: garden
            license_link: https://acme.example/l.md
            language: en
            ---
            """);
        Path cut = model("cut", 2, "");
        CardFile.put(cut, CardFacts.ofStored(cut, teacher, cut));
        CardFacts taught = CardFacts.ofTrained(ModelConfig.read(cut), cut, Map.of("seed", "7"), List.of())
                .with("small", TrainingFacts.NONE.at(5, 90));
        Map<String, JsonNode> front = front(ModelCard.of(taught));
        assertThat(front.get("base_model").textValue()).isEqualTo("acme/garden");
        assertThat(front.get("license").textValue()).isEqualTo("other");
        assertThat(front.get("license_name").textValue()).isEqualTo("garden");
        assertThat(front.get("license_link").textValue()).isEqualTo("https://acme.example/l.md");
        assertThat(front.get("language")).extracting(JsonNode::textValue).containsExactly("en");
    }

    @Test
    void oneOfTwoLicensesIsNotChosen() throws IOException {
        Files.writeString(
                teacher.resolve("README.md"), "---\nlicense: mit\nlicense: apache-2.0\nbase_model: [a/b, c/d]\n---\n");
        assertThat(front(card(model, teacher, "x"))).doesNotContainKey("license");
        Files.writeString(teacher.resolve("README.md"), "---\nlicense: [mit, apache-2.0]\n---\n");
        assertThat(front(card(model, teacher, "x"))).doesNotContainKey("license");
    }

    @Test
    void theCacheOfHuggingFaceTellsNames() throws IOException {
        Path cached = model("hub/models--acme--tree/snapshots/0123", 4, "acme/seed");
        Path text = directory.resolve("hub/datasets--acme--leaves/snapshots/0123/train.jsonl");
        CardFacts facts = CardFacts.ofTrained(
                        ModelConfig.read(cached), cached, Map.of(), List.of(text, directory.resolve("own.jsonl")))
                .taughtBy(cached)
                .with("small", TrainingFacts.NONE.at(5, 90));
        String card = ModelCard.of(facts);
        assertThat(front(card).get("base_model").textValue()).isEqualTo("acme/tree");
        assertThat(front(card).get("datasets")).extracting(JsonNode::textValue).containsExactly("acme/leaves");
        assertThat(card).contains("Its teacher was `acme/tree`.", "- `own.jsonl`\n- `train.jsonl`\n");
    }

    @Test
    void namesOfTrainingTextAreNeitherMarkupNorWithoutEnd() {
        List<Path> files = new ArrayList<>();
        files.add(directory.resolve("`<img src=x onerror=y>`\n# www.evil.example |.jsonl"));
        for (int i = 0; i < 30; i++) {
            files.add(directory.resolve("z" + i + ".jsonl"));
        }
        CardFacts facts = CardFacts.ofTrained(ModelConfig.read(model), null, Map.of(), files)
                .with("[www.evil.example](x) <b>_y_</b>", TrainingFacts.NONE.at(1, 1));
        String card = ModelCard.of(facts);
        assertThat(card)
                .contains("- `__img src_x onerror_y____ www.evil.example _.jsonl`", "- and 11 more files")
                .contains("# \\_www\\.evil\\.example\\_\\_x\\_")
                .doesNotContain("<img", "<b>", "\n# www");
    }

    @Test
    void aDirectoryIsNoNameOfARepository() throws IOException {
        Path local = model("local", 4, directory.toString());
        assertThat(front(card(model, local, "x"))).doesNotContainKey("base_model");
    }

    @Test
    void aCardWithoutAnEndOfItsFrontTellsNothing() throws IOException {
        Files.writeString(teacher.resolve("README.md"), "---\nlicense: mit\n");
        assertThat(front(card(model, teacher, "x"))).doesNotContainKey("license");
    }
}
