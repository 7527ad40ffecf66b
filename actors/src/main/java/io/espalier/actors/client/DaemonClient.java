package io.espalier.actors.client;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.gpu.Refused;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * Asks a daemon, and waits for what it was asked to do. Refusals come as {@link Refused}, a daemon that is not there as
 * {@link DaemonUnreachable}.
 */
public final class DaemonClient implements AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Duration CONNECT = Duration.ofSeconds(5);
    private static final Duration ANSWER = Duration.ofSeconds(30);
    private static final long LOOK_MILLIS = 200;

    private final HttpClient http = HttpClient.newBuilder()
            .connectTimeout(CONNECT)
            .version(HttpClient.Version.HTTP_1_1)
            .build();
    private final URI server;
    private final Credentials credentials;

    /**
     * Asks nothing yet.
     *
     * @param server {@code http[s]://host:port}
     * @param token that the daemon is asked to know before it is trusted; empty for none
     */
    public DaemonClient(URI server, Optional<String> token) {
        this.server = server;
        this.credentials = new Credentials(server, token);
    }

    /** Reads the answer at a path. */
    public JsonNode get(String path) {
        return send(request(path).GET());
    }

    /** Has something made that is there at once, and gives it. */
    public JsonNode post(String path) {
        return send(request(path).POST(HttpRequest.BodyPublishers.noBody()).header("X-Espalier-Client", "espalier"));
    }

    /**
     * Has something done, and waits until it is done or has failed.
     *
     * @param body empty for none
     * @param patience with what was accepted; zero not to wait
     * @return the operation as it stands then
     * @throws Refused also where it has failed, or is not done in time
     */
    public JsonNode operate(String method, String path, Optional<ObjectNode> body, Duration patience) {
        String operation = UUID.randomUUID().toString();
        HttpRequest.BodyPublisher content = body.map(json -> HttpRequest.BodyPublishers.ofString(json.toString()))
                .orElseGet(HttpRequest.BodyPublishers::noBody);
        HttpRequest.Builder request = request(path)
                .method(method, content)
                .header("Idempotency-Key", operation)
                .header("X-Espalier-Client", "espalier");
        if (body.isPresent()) {
            request.header("Content-Type", "application/json");
        }
        return await(send(request), patience);
    }

    private JsonNode await(JsonNode begun, Duration patience) {
        long deadline = System.nanoTime() + patience.toNanos();
        JsonNode operation = begun;
        while (operation.path("state").asText().equals("IN_PROGRESS") && patience.isPositive()) {
            if (System.nanoTime() > deadline) {
                throw new Refused(
                        Refused.Reason.TRY_AGAIN,
                        "operation " + begun.path("operationId").asText() + " is not done after " + patience.toSeconds()
                                + " s, and goes on");
            }
            pause();
            operation = get("/v1/operations/" + begun.path("operationId").asText());
        }
        if (operation.path("state").asText().equals("FAILED")) {
            throw Answers.failure(operation);
        }
        return operation;
    }

    private static void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Refused(Refused.Reason.TRY_AGAIN, "interrupted while waiting", e);
        }
    }

    private HttpRequest.Builder request(String path) {
        HttpRequest.Builder request = unsigned(path);
        credentials
                .header(open -> send(unsigned(open).GET()))
                .ifPresent(shown -> request.header("Authorization", shown));
        return request;
    }

    private HttpRequest.Builder unsigned(String path) {
        return HttpRequest.newBuilder(server.resolve(path)).timeout(ANSWER).header("Accept", "application/json");
    }

    private JsonNode send(HttpRequest.Builder request) {
        try {
            HttpResponse<String> answer = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
            JsonNode body = parse(answer);
            if (answer.statusCode() / 100 != 2) {
                throw Answers.problem(answer.statusCode(), body);
            }
            return body;
        } catch (IOException e) {
            throw new DaemonUnreachable(
                    server + ": no daemon answers (" + (e.getMessage() == null ? e.toString() : e.getMessage()) + ")",
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Refused(Refused.Reason.TRY_AGAIN, "interrupted while asking " + server, e);
        }
    }

    private JsonNode parse(HttpResponse<String> answer) {
        try {
            return JSON.readTree(answer.body());
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(
                    server + " is no daemon: it answers with status " + answer.statusCode() + " and no JSON", e);
        }
    }

    @Override
    public void close() {
        http.close();
    }
}
