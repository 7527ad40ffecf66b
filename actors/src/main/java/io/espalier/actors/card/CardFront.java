package io.espalier.actors.card;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** The front of a card, which Hugging Face reads: a field a line, each of them JSON. */
final class CardFront {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private static final List<Score> SCORES = List.of(
            new Score("loss", "loss, nats per token"),
            new Score("teacher_loss", "the teacher's loss"),
            new Score("kl", "KL to the teacher, nats per token"),
            new Score("top1_agreement", "agreement with the teacher"));

    /** A score of a file, by its field in the records of a run and its name in the card. */
    private record Score(String field, String called) {}

    private CardFront() {}

    static String of(CardFacts facts) {
        StringBuilder text = new StringBuilder("---\n");
        fields(facts)
                .properties()
                .forEach(field -> text.append(field.getKey())
                        .append(": ")
                        .append(CardText.yaml(field.getValue()))
                        .append('\n'));
        return text.append("---\n").toString();
    }

    private static ObjectNode fields(CardFacts facts) {
        ObjectNode front = JSON.createObjectNode();
        Terms terms = facts.terms();
        if (!terms.name().isEmpty()) {
            front.put("base_model", terms.name()).put("base_model_relation", "finetune");
        }
        terms.license().forEach(front::put);
        list(front, "language", terms.languages());
        list(front, "datasets", facts.datasets());
        front.put("library_name", "transformers").put("pipeline_tag", "text-generation");
        ArrayNode tags = front.putArray("tags").add("espalier");
        if (facts.isCut()) {
            tags.add("pruning");
        }
        if (facts.isTaught()) {
            tags.add("distillation");
        }
        TrainingFacts training = facts.training();
        // Scores of an earlier step are not those of these weights.
        if (training.validated() > 0 && training.validated() == training.steps()) {
            ObjectNode index = front.putArray("model-index").addObject().put("name", CardText.plain(facts.title()));
            ArrayNode results = index.putArray("results");
            training.validation()
                    .properties()
                    .forEach(file -> result(results.addObject(), CardText.ofFile(file.getKey()), file.getValue()));
        }
        return front;
    }

    private static void list(ObjectNode front, String name, List<String> values) {
        if (!values.isEmpty()) {
            values.forEach(front.putArray(name)::add);
        }
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
}
