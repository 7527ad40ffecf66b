package io.espalier.actors.http;

import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.LongAdder;

/** Requests by route and status, and how long they took; as many series as the table has routes, times statuses. */
final class RequestCounters {
    private static final double NANOS = 1e9;

    private final Map<String, LongAdder> requests = new ConcurrentSkipListMap<>();
    private final Map<String, Timing> timings = new ConcurrentSkipListMap<>();

    private record Timing(LongAdder nanos, LongAdder count) {}

    /** Label of requests that nothing is served for. */
    static final String NO_ROUTE = "none";

    /**
     * Counts one.
     *
     * @param route its pattern, never what a client made of it
     */
    void count(String method, String route, int status, long took) {
        String labels = "method=\"" + method + "\",route=\"" + route + "\"";
        requests.computeIfAbsent(labels + ",code=\"" + status + "\"", _ -> new LongAdder())
                .increment();
        Timing timing = timings.computeIfAbsent(labels, _ -> new Timing(new LongAdder(), new LongAdder()));
        timing.nanos.add(took);
        timing.count.increment();
    }

    /** The counts in Prometheus' text format. */
    String prometheus(int eventClients) {
        StringBuilder text = new StringBuilder();
        text.append("# HELP espalier_http_requests_total Requests by route and status.\n");
        text.append("# TYPE espalier_http_requests_total counter\n");
        requests.forEach(
                (labels, count) -> text.append("espalier_http_requests_total{%s} %d\n".formatted(labels, count.sum())));
        text.append("# HELP espalier_http_request_duration_seconds Until the answer began.\n");
        text.append("# TYPE espalier_http_request_duration_seconds summary\n");
        timings.forEach((labels, timing) -> {
            double seconds = timing.nanos.sum() / NANOS;
            text.append("espalier_http_request_duration_seconds_sum{%s} %s\n".formatted(labels, seconds));
            text.append("espalier_http_request_duration_seconds_count{%s} %d\n".formatted(labels, timing.count.sum()));
        });
        text.append("# HELP espalier_http_event_clients Clients of the event stream.\n");
        text.append("# TYPE espalier_http_event_clients gauge\n");
        text.append("espalier_http_event_clients ").append(eventClients).append('\n');
        return text.toString();
    }
}
