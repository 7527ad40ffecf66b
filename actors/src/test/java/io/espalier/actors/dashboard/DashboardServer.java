package io.espalier.actors.dashboard;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Supplier;

/** Serves the dashboard's files as the daemon does, and whatever answers a test puts behind them. */
final class DashboardServer implements AutoCloseable {
    static final String FOLDER = "/io/espalier/actors/dashboard/";
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String POLICY =
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
                    + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Map<String, Supplier<JsonNode>> answers = new ConcurrentHashMap<>();
    private final Map<String, String> types = new ConcurrentHashMap<>();
    private final List<JsonNode> events = new ArrayList<>();
    private final List<CountDownLatch> streams = new ArrayList<>();
    private final BlockingQueue<Asked> asked = new LinkedBlockingQueue<>();

    /** A request that changes something. */
    record Asked(String method, String path, Map<String, List<String>> headers, String body) {}

    DashboardServer() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", this::serve);
        listed().forEach(file -> types.put(file[0], file[1]));
        server.start();
    }

    /** Names and content types of the dashboard's files. */
    static List<String[]> listed() {
        return new String(resource("files.txt"), StandardCharsets.UTF_8)
                .lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                .map(line -> line.split(" +", 2))
                .toList();
    }

    static byte[] resource(String name) {
        try (InputStream stream = DashboardServer.class.getResourceAsStream(FOLDER + name)) {
            if (stream == null) {
                throw new IllegalArgumentException(name);
            }
            return stream.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String address() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    void answer(String path, Supplier<JsonNode> answer) {
        answers.put(path, answer);
    }

    void answer(String path, String json) {
        answer(path, () -> parse(json));
    }

    static JsonNode parse(String json) {
        try {
            return JSON.readTree(json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Happens before any page is opened: a page is told of it when it connects. */
    synchronized void event(String json) {
        events.add(parse(json));
    }

    BlockingQueue<Asked> asked() {
        return asked;
    }

    private void serve(HttpExchange exchange) throws IOException {
        try (exchange) {
            String path = exchange.getRequestURI().getPath();
            exchange.getResponseHeaders().set("Content-Security-Policy", POLICY);
            if (!exchange.getRequestMethod().equals("GET")) {
                String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
                asked.add(new Asked(
                        exchange.getRequestMethod(),
                        exchange.getRequestURI().toString(),
                        Map.copyOf(exchange.getRequestHeaders()),
                        body));
                send(
                        exchange,
                        202,
                        "application/json",
                        "{\"operationId\":\"o\",\"state\":\"COMPLETED\"}".getBytes(StandardCharsets.UTF_8));
            } else if (path.equals("/v1/events")) {
                stream(exchange);
            } else if (answers.containsKey(path)) {
                send(
                        exchange,
                        200,
                        "application/json",
                        JSON.writeValueAsBytes(answers.get(path).get()));
            } else {
                String name = path.equals("/") ? "index.html" : path.substring(1);
                boolean known = types.containsKey(name);
                send(
                        exchange,
                        known ? 200 : 404,
                        known ? types.get(name) : "text/plain",
                        known ? resource(name) : new byte[0]);
            }
        }
    }

    private static void send(HttpExchange exchange, int status, String type, byte[] body) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", type);
        exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        if (body.length > 0) {
            exchange.getResponseBody().write(body);
        }
    }

    private void stream(HttpExchange exchange) throws IOException {
        CountDownLatch end = new CountDownLatch(1);
        StringBuilder past = new StringBuilder("retry: 2000\n\n");
        synchronized (this) {
            streams.add(end);
            events.forEach(event -> past.append("id: ")
                    .append(event.path("sequence").asLong())
                    .append("\nevent: ")
                    .append(event.path("kind").asText())
                    .append("\ndata: ")
                    .append(event)
                    .append("\n\n"));
        }
        exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
        exchange.sendResponseHeaders(200, 0);
        OutputStream body = exchange.getResponseBody();
        body.write(past.toString().getBytes(StandardCharsets.UTF_8));
        body.flush();
        try {
            end.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public synchronized void close() {
        streams.forEach(CountDownLatch::countDown);
        server.stop(0);
        threads.shutdownNow();
    }
}
