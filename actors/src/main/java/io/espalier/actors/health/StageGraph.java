package io.espalier.actors.health;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;

/** The flow of data in a job: its sources, its stages as their probes see them, and the stores at the end. */
final class StageGraph {
    private StageGraph() {}

    static ObjectNode json(JobWatch job, Instant now) {
        ObjectNode answer = AnswerJson.at(now);
        ObjectNode live = job.files().live();
        answer.put("job", job.job().spec().id()).put("stale", job.stale(now));
        AnswerJson.number(answer, "data_age_s", job.files().liveAge(now));
        ArrayNode nodes = answer.putArray("nodes");
        ArrayNode edges = answer.putArray("edges");
        if (live == null) {
            return answer;
        }
        String before = null;
        for (JsonNode stage : live.path("stages")) {
            String id = "stage:" + stage.path("name").asText();
            ObjectNode node = nodes.addObject();
            node.setAll((ObjectNode) stage.deepCopy());
            node.put("id", id).put("kind", "stage").put("status", status(stage));
            if (before == null) {
                sources(live, id, nodes, edges);
            } else {
                edges.addObject().put("from", before).put("to", id);
            }
            before = id;
        }
        if (before != null) {
            nodes.addObject()
                    .put("id", "checkpoints")
                    .put("kind", "store")
                    .put("name", "checkpoints")
                    .put("step", job.job().view().committedStep());
            edges.addObject().put("from", before).put("to", "checkpoints");
            nodes.addObject()
                    .put("id", "published")
                    .put("kind", "store")
                    .put("name", "published")
                    .put("version", live.path("published").asText(""));
            edges.addObject().put("from", "checkpoints").put("to", "published");
        }
        return answer;
    }

    private static void sources(ObjectNode live, String to, ArrayNode nodes, ArrayNode edges) {
        for (JsonNode source : live.path("sources")) {
            String id = "source:" + source.path("name").asText();
            ObjectNode node = nodes.addObject();
            node.put("id", id)
                    .put("kind", "source")
                    .put("name", source.path("name").asText());
            node.put("source_kind", source.path("kind").asText())
                    .put("read", source.path("read").asLong());
            node.set("lag_records", source.path("lag_records"));
            edges.addObject().put("from", id).put("to", to);
        }
    }

    /** The state in which a stage spends the most time. */
    private static String status(JsonNode stage) {
        double busy = stage.path("busy").asDouble();
        double idle = stage.path("idle").asDouble();
        double backPressured = stage.path("back_pressured").asDouble();
        return backPressured >= busy && backPressured >= idle ? "back-pressured" : busy >= idle ? "busy" : "idle";
    }
}
