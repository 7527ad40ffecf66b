package io.espalier.actors.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/**
 * The routes that supervisors ask: 200 or 503, and the reasons. A caller that may not read is told no reasons, since
 * they could name files and hosts.
 */
final class ProbeRoutes {
    private final Snapshots snapshots;

    ProbeRoutes(Snapshots snapshots) {
        this.snapshots = snapshots;
    }

    List<Route> routes() {
        return List.of(
                probe("/alive", "isAlive", Health::alive),
                probe("/ready", "isReady", Health::ready),
                probe("/startup", "isStarted", Health::startup));
    }

    private Route probe(String path, String operation, Function<Health, List<Health.Check>> question) {
        return Route.get(
                path, Access.PROBE, operation, call -> answer(question.apply(snapshots.health()), call.trusted()));
    }

    private static HttpResponse answer(List<Health.Check> checks, boolean withReasons) {
        boolean passes = Health.passes(checks);
        ObjectNode body = Json.object();
        body.put("status", passes ? "ok" : "failed");
        ArrayNode list = body.putArray("checks");
        for (Health.Check check : checks) {
            ObjectNode entry = list.addObject();
            entry.put("name", check.name());
            entry.put("state", check.standing().name().toLowerCase(Locale.ROOT));
            if (withReasons) {
                entry.put("reason", check.reason());
                entry.put("age_s", check.ageSeconds());
            }
        }
        return Replies.json(passes ? 200 : 503, body);
    }
}
