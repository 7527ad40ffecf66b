package io.espalier.actors.card;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.gpu.LaxJson;
import io.espalier.gpu.disk.DiskFault;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The training of a model, as the records of its run beside it tell.
 *
 * @param steps 0 where there is no record
 * @param tokens targets that it has learnt from
 * @param validated the step of the last validation; 0 where there was none
 * @param validation scores by file, as metrics.jsonl has them
 */
record TrainingFacts(long steps, long tokens, long validated, JsonNode validation) {
    /** Reads metrics.jsonl where there is one; a line that a crash has torn tells nothing. */
    static TrainingFacts read(Path model) {
        TrainingFacts facts = new TrainingFacts(0, 0, 0, LaxJson.mapper().createObjectNode());
        Path file = model.resolve("metrics.jsonl");
        if (!Files.isRegularFile(file)) {
            return facts;
        }
        try (BufferedReader reader = Files.newBufferedReader(file)) {
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
}
