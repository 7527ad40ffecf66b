package io.espalier.actors.card;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.actors.report.Table;
import io.espalier.gpu.model.ModelConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * README.md of a model. Its front is JSON in ASCII, a field a line, which is YAML, too: no name of a file can begin a field
 * of its own. A file is named by its own name alone, without the directories above it.
 */
public final class ModelCard {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final ObjectWriter ASCII = JSON.writer().with(JsonWriteFeature.ESCAPE_NON_ASCII);

    private static final List<Score> SCORES = List.of(
            new Score("loss", "loss, nats per token"),
            new Score("teacher_loss", "the teacher's loss"),
            new Score("kl", "KL to the teacher, nats per token"),
            new Score("top1_agreement", "agreement with the teacher"));

    /** A score of a file, by its field in the records of a run and its name in the card. */
    private record Score(String field, String called) {}

    private ModelCard() {}

    /**
     * The text of the card.
     *
     * @param model directory of the model and of the records of its run
     * @param teacher directory of the model that it was made from; null where nobody says
     * @param name that the model is to have
     */
    public static String of(Path model, Path teacher, String name) {
        ModelConfig config = ModelConfig.read(model);
        ModelConfig original = teacher == null ? null : ModelConfig.read(teacher);
        TeacherTerms terms = teacher == null ? TeacherTerms.UNKNOWN : TeacherTerms.read(teacher);
        TrainingFacts facts = TrainingFacts.read(model);
        String title = plain(name);
        StringBuilder text = new StringBuilder("---\n");
        front(title, terms, facts, tags(config, original, facts))
                .properties()
                .forEach(field -> text.append(field.getKey())
                        .append(": ")
                        .append(ascii(field.getValue()))
                        .append('\n'));
        text.append("---\n\n# ").append(title).append("\n\n");
        text.append("Made with Espalier");
        text.append(terms.name().isEmpty() ? ".\n" : " from `" + terms.name() + "`.\n");
        text.append("\n## Shape\n\n")
                .append(shape(config, original).toMarkdown())
                .append('\n');
        if (facts.steps() > 0) {
            text.append("\n## Training\n\nThe model was trained for ")
                    .append(Table.count(facts.steps()))
                    .append(" steps on ")
                    .append(Table.count(facts.tokens()))
                    .append(" tokens.\n");
        }
        if (facts.validated() > 0) {
            text.append("\nHeld-out text was scored after step ")
                    .append(Table.count(facts.validated()))
                    .append(":\n\n")
                    .append(validation(facts.validation()).toMarkdown())
                    .append('\n');
        }
        return text.append(running(config)).toString();
    }

    private static ObjectNode front(String title, TeacherTerms terms, TrainingFacts facts, List<String> tags) {
        ObjectNode front = JSON.createObjectNode();
        if (!terms.name().isEmpty()) {
            front.put("base_model", terms.name()).put("base_model_relation", "finetune");
        }
        if (!terms.license().isEmpty()) {
            front.put("license", terms.license());
        }
        if (!terms.languages().isEmpty()) {
            terms.languages().forEach(front.putArray("language")::add);
        }
        front.put("library_name", "transformers").put("pipeline_tag", "text-generation");
        tags.forEach(front.putArray("tags")::add);
        // Scores of an earlier step are not those of these weights.
        if (facts.validated() > 0 && facts.validated() == facts.steps()) {
            ObjectNode index = front.putArray("model-index").addObject().put("name", title);
            ArrayNode results = index.putArray("results");
            facts.validation()
                    .properties()
                    .forEach(file -> result(results.addObject(), fileName(file.getKey()), file.getValue()));
        }
        return front;
    }

    private static void result(ObjectNode result, String file, JsonNode scores) {
        result.putObject("task").put("type", "text-generation");
        result.putObject("dataset").put("name", file).put("type", file);
        ArrayNode metrics = result.putArray("metrics");
        for (Score score : SCORES) {
            JsonNode value = scores.path(score.field);
            if (value.isNumber()) {
                metrics.addObject()
                        .put("type", score.field)
                        .put("name", score.called)
                        .set("value", value);
            }
        }
    }

    private static List<String> tags(ModelConfig config, ModelConfig original, TrainingFacts facts) {
        List<String> tags = new ArrayList<>(List.of("espalier"));
        if (original != null && config.parameters() < original.parameters()) {
            tags.add("pruning");
        }
        boolean taught = facts.validation().properties().stream()
                .anyMatch(file -> file.getValue().path("kl").isNumber());
        if (taught) {
            tags.add("distillation");
        }
        return tags;
    }

    private static String ascii(JsonNode value) {
        try {
            // Escaped in JSON, but a character of its own to a reader of YAML.
            return ASCII.writeValueAsString(value).replace("\u007f", "\\u007f");
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Table shape(ModelConfig config, ModelConfig original) {
        Table table = original == null ? new Table("", "this model") : new Table("", "original", "this model");
        row(table, "parameters", config.parameters(), original == null ? null : original.parameters());
        row(table, "layers", config.numHiddenLayers(), original == null ? null : (long) original.numHiddenLayers());
        for (String field : new String[] {
            "hidden_size",
            "intermediate_size",
            "num_attention_heads",
            "num_key_value_heads",
            "num_experts",
            "vocab_size",
            "max_position_embeddings"
        }) {
            JsonNode mine = config.json().path(field);
            JsonNode theirs = original == null ? null : original.json().path(field);
            if (mine.isIntegralNumber() && (theirs == null || theirs.isIntegralNumber())) {
                row(table, field.replace('_', ' '), mine.longValue(), theirs == null ? null : theirs.longValue());
            }
        }
        return table;
    }

    private static void row(Table table, String what, long mine, Long theirs) {
        if (theirs == null) {
            table.row(what, Table.count(mine));
        } else {
            table.row(what, Table.count(theirs), Table.count(mine));
        }
    }

    private static Table validation(JsonNode files) {
        Table table = new Table("text", "loss", "teacher's loss", "KL to the teacher", "agreement %");
        files.properties().forEach(file -> {
            JsonNode scores = file.getValue();
            table.row(
                    fileName(file.getKey()),
                    number(scores, "loss", 1, 4),
                    number(scores, "teacher_loss", 1, 4),
                    number(scores, "kl", 1, 4),
                    number(scores, "top1_agreement", 100, 1));
        });
        return table;
    }

    private static String number(JsonNode scores, String name, double factor, int decimals) {
        return Table.number(scores.path(name).asDouble(Double.NaN) * factor, decimals);
    }

    private static String fileName(String path) {
        return plain(path.substring(path.lastIndexOf('/') + 1));
    }

    /** A name without what Markdown could take for more than a name. */
    private static String plain(String name) {
        return name.replaceAll("[^\\p{L}\\p{N} ._-]", "_");
    }

    private static String running(ModelConfig config) {
        return """

            ## Running it

            With this directory as `model`:

            ```python
            from transformers import AutoModelForCausalLM, AutoTokenizer

            model = AutoModelForCausalLM.from_pretrained("model", dtype="%s")
            tokenizer = AutoTokenizer.from_pretrained("model")
            ```

            vLLM serves it by `vllm serve model`. For llama.cpp and Ollama, `espalier export --format gguf` writes one \
            file, where llama.cpp knows the architecture.

            ## Limits

            Nothing beyond the figures above was measured for this card.
            """.formatted(config.dtype());
    }
}
