package io.espalier.actors.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The document that is served describes the routes that are served: no more, no fewer, and as they are. */
@Timeout(60)
class OpenApiTest {
    @TempDir
    static Path directory;

    private static String described(Route route) {
        TreeSet<String> query = new TreeSet<>();
        route.query().forEach(parameter -> query.add(parameter.name()));
        return "%s path %s query %s body %s access %s"
                .formatted(
                        route.operation(),
                        new TreeSet<>(route.path().names()),
                        query,
                        new TreeSet<>(route.body().mediaTypes()),
                        route.access().name().toLowerCase(Locale.ROOT));
    }

    private static String described(JsonNode operation) {
        Map<String, TreeSet<String>> parameters = new TreeMap<>();
        for (JsonNode parameter : operation.path("parameters")) {
            parameters
                    .computeIfAbsent(parameter.path("in").asText(), _ -> new TreeSet<>())
                    .add(parameter.path("name").asText());
        }
        TreeSet<String> body = new TreeSet<>();
        operation.path("requestBody").path("content").fieldNames().forEachRemaining(body::add);
        return "%s path %s query %s body %s access %s"
                .formatted(
                        operation.path("operationId").asText(),
                        parameters.getOrDefault("path", new TreeSet<>()),
                        parameters.getOrDefault("query", new TreeSet<>()),
                        body,
                        operation.path("x-access").asText());
    }

    @Test
    void theDocumentAndTheTableSayTheSame() throws IOException {
        try (RunningServer server = RunningServer.open(directory, Map.of())) {
            JsonNode document = server.request("GET", "/v1/openapi").send().json();
            Map<String, String> told = new TreeMap<>();
            document.path("paths")
                    .properties()
                    .forEach(path -> path.getValue()
                            .properties()
                            .forEach(operation -> told.put(
                                    operation.getKey().toUpperCase(Locale.ROOT) + " " + path.getKey(),
                                    described(operation.getValue()))));
            Map<String, String> served = new TreeMap<>();
            for (Route route : server.service.table().routes()) {
                if (route.access() != Access.OPEN) {
                    served.put(route.verb() + " " + route.path(), described(route));
                }
            }
            assertThat(told).isEqualTo(served);
            assertThat(unresolved(document, document))
                    .as("references that lead nowhere")
                    .isEmpty();
        }
    }

    private static List<String> unresolved(JsonNode document, JsonNode node) {
        List<String> found = new ArrayList<>();
        JsonNode reference = node.path("$ref");
        if (reference.isTextual()
                && document.at(reference.asText().substring(1)).isMissingNode()) {
            found.add(reference.asText());
        }
        node.forEach(child -> found.addAll(unresolved(document, child)));
        return found;
    }
}
