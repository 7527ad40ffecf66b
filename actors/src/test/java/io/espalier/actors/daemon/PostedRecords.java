package io.espalier.actors.daemon;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.function.IntSupplier;

/** Records of a few words, each with a key, and how they are posted. */
final class PostedRecords {
    static final String SOURCE = "posts";

    private static final int WORDS = 12;

    private PostedRecords() {}

    static String key(long record) {
        return "r-" + record;
    }

    /**
     * Records as lines.
     *
     * @param word gives the number of the next word
     */
    static String lines(long first, int count, IntSupplier word) {
        StringBuilder lines = new StringBuilder();
        for (long record = first; record < first + count; record++) {
            lines.append("{\"key\":\"").append(key(record)).append("\",\"text\":\"the");
            for (int i = 0; i < WORDS; i++) {
                lines.append(" word").append(word.getAsInt());
            }
            lines.append("\"}\n");
        }
        return lines.toString();
    }

    static HttpResponse<String> post(HttpClient http, URI daemon, String token, String lines)
            throws IOException, InterruptedException {
        return http.send(
                HttpRequest.newBuilder(daemon.resolve("/v1/ingest/" + SOURCE))
                        .header("Authorization", "Bearer " + token)
                        .header("Content-Type", "application/x-ndjson")
                        .POST(HttpRequest.BodyPublishers.ofString(lines))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }
}
