package io.espalier.actors.card;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.gpu.LaxJson;
import io.espalier.gpu.disk.DiskFault;
import io.espalier.gpu.disk.LineFile;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The training of a model.
 *
 * @param steps 0 where it is not known
 * @param tokens targets that it has learnt from; 0 where that is not known
 * @param validated the step of the last validation; 0 where there was none
 * @param validation scores by file, as metrics.jsonl has them
 */
public record TrainingFacts(long steps, long tokens, long validated, JsonNode validation) {
    public static final TrainingFacts NONE =
            new TrainingFacts(0, 0, 0, LaxJson.mapper().createObjectNode());

    /** Reads metrics.jsonl where there is one; a line that a crash has torn tells nothing. */
    public static TrainingFacts read(Path model) {
        TrainingFacts facts = NONE;
        Path file = model.resolve("metrics.jsonl");
        if (!Files.isRegularFile(file)) {
            return facts;
        }
        try (BufferedReader reader = LineFile.reader(file)) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                facts = facts.with(line);
            }
            return facts;
        } catch (IOException e) {
            throw DiskFault.failure(file, e);
        }
    }

    private TrainingFacts with(String line) {
        try {
            JsonNode json = LaxJson.mapper().readTree(line);
            long step = json.path("step").asLong();
            JsonNode found = json.path("validation");
            return found.isObject()
                    ? new TrainingFacts(Math.max(steps, step), tokens, step, found)
                    : new TrainingFacts(
                            Math.max(steps, step), json.path("tokens").asLong(tokens), validated, validation);
        } catch (JsonProcessingException e) {
            return this;
        }
    }

    /** Returns these facts for the weights after a step, when so many tokens had been learnt from. */
    public TrainingFacts at(long step, long learnt) {
        return new TrainingFacts(step, learnt, validated, validation);
    }

    /** Returns these facts with scores that were found after the last step. */
    public TrainingFacts scored(ObjectNode scores) {
        return new TrainingFacts(steps, tokens, steps, scores);
    }
}
