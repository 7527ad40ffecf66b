package io.espalier.actors.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.gpu.Refused;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** The snapshots of one job, {@code job-1}; each answer says what was asked for. Events are those that a test tells. */
final class FakeSnapshots implements Snapshots {
    private final List<HubEvent> events = new ArrayList<>();
    private final List<Consumer<HubEvent>> listeners = new CopyOnWriteArrayList<>();

    volatile Health health = new Health(
            List.of(check("dispatcher", Health.Standing.OK)),
            List.of(check("member", Health.Standing.OK), check("checkpoint", Health.Standing.DEGRADED)),
            List.of(check("models", Health.Standing.OK)));

    static Health.Check check(String name, Health.Standing standing) {
        return new Health.Check(name, standing, "reason of " + name, 0.5);
    }

    /** Retains an event and tells it to all listeners. */
    void tell(long sequence) {
        HubEvent event = new HubEvent(
                sequence, "drift", Json.object().put("seq", sequence).put("message", "a\nb <script>"));
        synchronized (events) {
            events.add(event);
        }
        listeners.forEach(listener -> listener.accept(event));
    }

    int listeners() {
        return listeners.size();
    }

    private static JsonNode asked(String what) {
        return Json.object().put("asked", what);
    }

    private static JsonNode asked(String what, String job) {
        if (!job.equals("job-1")) {
            throw Refused.notFound("job " + job, "is not known");
        }
        return asked(what + " of " + job);
    }

    @Override
    public JsonNode overview() {
        return asked("overview");
    }

    @Override
    public JsonNode jobs() {
        return asked("jobs");
    }

    @Override
    public JsonNode job(String id) {
        return asked("job", id);
    }

    @Override
    public JsonNode graph(String job) {
        return asked("graph", job);
    }

    @Override
    public JsonNode series(String job, SeriesQuery query) {
        return asked(query.toString(), job);
    }

    @Override
    public JsonNode checkpoints(String job) {
        return asked("checkpoints", job);
    }

    @Override
    public JsonNode versions(String job) {
        return asked("versions", job);
    }

    @Override
    public JsonNode ledger(String job) {
        return asked("ledger", job);
    }

    @Override
    public JsonNode deadLetters(String job, int limit) {
        return asked("dead letters " + limit, job);
    }

    @Override
    public JsonNode jobEvents(String job, long after, int limit) {
        return asked("events " + after + " " + limit, job);
    }

    @Override
    public JsonNode actors(ActorQuery query) {
        return asked(query.toString());
    }

    @Override
    public JsonNode ranks() {
        return asked("ranks");
    }

    @Override
    public JsonNode transport() {
        return asked("transport");
    }

    @Override
    public JsonNode members() {
        return asked("members");
    }

    @Override
    public JsonNode config() {
        return asked("config");
    }

    @Override
    public List<HubEvent> events(long after, int limit) {
        synchronized (events) {
            return events.stream()
                    .filter(event -> event.sequence() > after)
                    .limit(limit)
                    .toList();
        }
    }

    @Override
    public Subscription subscribe(Consumer<HubEvent> listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    @Override
    public Health health() {
        return health;
    }

    @Override
    public String prometheus() {
        return "espalier_run_step 7\n";
    }
}
