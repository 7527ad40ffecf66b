package io.espalier.streams.live;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.gpu.Refused;
import io.espalier.gpu.disk.AtomicFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The offsets at which a topic's partitions began when a run first read from them, in a file of the run. Before the
 * first checkpoint nothing else knows them, and the end of a topic is another one when it is asked for again. Used by
 * one thread.
 */
final class KafkaBeginning {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Path file;
    private final String topic;

    /** @param file whose directory must be there */
    KafkaBeginning(Path file, String topic) {
        this.file = file;
        this.topic = topic;
    }

    /** Nothing where none was written, or of another topic. */
    SortedMap<Integer, PartitionPosition> read() {
        SortedMap<Integer, PartitionPosition> partitions = new TreeMap<>();
        try {
            JsonNode json = Files.exists(file) ? JSON.readTree(Files.readString(file)) : JSON.createObjectNode();
            if (json.path("topic").asText().equals(topic)) {
                json.path("partitions")
                        .forEach(at -> partitions.put(
                                at.path("partition").asInt(),
                                PartitionPosition.at(
                                        at.path("next").asLong(), at.path("log").asText())));
            }
            return partitions;
        } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
            throw Refused.invalid(file, "content", "damaged", "must say where the topic's partitions began");
        } catch (IOException e) {
            throw new UncheckedIOException(file.toString(), e);
        }
    }

    /** Writes the beginnings, which are on disk when this returns. */
    void write(SortedMap<Integer, PartitionPosition> partitions) {
        ObjectNode json = JSON.createObjectNode().put("topic", topic);
        ArrayNode all = json.putArray("partitions");
        partitions.forEach((number, at) ->
                all.addObject().put("partition", number).put("next", at.next()).put("log", at.log()));
        AtomicFile.write(file, (json + "\n").getBytes(StandardCharsets.UTF_8));
    }
}
