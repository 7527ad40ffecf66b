package io.espalier.actors.health;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.actors.http.ActorQuery;
import io.espalier.actors.meter.ActorMeters;
import io.espalier.actors.meter.ActorReading;
import io.espalier.actors.meter.Durations;
import io.espalier.actors.meter.LostMessages;
import io.espalier.actors.meter.RoleCounts;
import io.espalier.gpu.Refused;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;

/** The actors, by path, and by what they are there for. */
final class ActorTable {
    private static final double MEDIAN = 0.5;
    private static final double TAIL = 0.99;

    private ActorTable() {}

    static ObjectNode json(ActorMeters meters, LostMessages lost, ActorQuery query, Instant now) {
        List<ActorReading> wanted = meters.read().stream()
                .filter(actor -> query.type().map(actor.role()::equals).orElse(true))
                .filter(actor ->
                        query.state().map(JobWatch.label(actor.state())::equals).orElse(true))
                .sorted(Comparator.comparing(ActorReading::path))
                .toList();
        int from = Math.min(query.cursor().map(ActorTable::cursor).orElse(0), wanted.size());
        int to = Math.min(wanted.size(), from + query.limit());
        ObjectNode answer = AnswerJson.at(now);
        ArrayNode rows = answer.putArray("actors");
        wanted.subList(from, to).forEach(actor -> rows.add(json(actor)));
        answer.put("total", wanted.size()).put("truncated", to < wanted.size());
        if (to < wanted.size()) {
            answer.put("cursor", Integer.toString(to));
        }
        ArrayNode roles = answer.putArray("roles");
        meters.roles().forEach(role -> roles.add(json(role)));
        lost(answer, lost);
        return answer;
    }

    private static int cursor(String text) {
        if (!text.matches("\\d{1,9}")) {
            throw Refused.usage("cursor", text, "must be one that an earlier answer gave");
        }
        return Integer.parseInt(text);
    }

    private static ObjectNode json(ActorReading actor) {
        ObjectNode row = AnswerJson.object();
        row.put("path", actor.path()).put("class", actor.role()).put("state", JobWatch.label(actor.state()));
        row.put("mailbox", actor.waiting());
        spread(row, "mailbox", actor.inMailbox());
        spread(row, "processing", actor.processing());
        row.put("messages", actor.processing().count());
        row.put("failures", actor.failures()).put("restarts", actor.restarts());
        row.put("busy_with", actor.busyWith()).put("busy_s", actor.busySeconds());
        if (actor.lastFailure() != null) {
            row.putObject("last_failure")
                    .put("type", actor.lastFailure().type())
                    .put("message", actor.lastFailure().message())
                    .put("time", actor.lastFailure().time().toString());
        }
        return row;
    }

    private static void spread(ObjectNode row, String name, Durations durations) {
        row.put(name + "_p50_s", durations.quantile(MEDIAN)).put(name + "_p99_s", durations.quantile(TAIL));
    }

    private static ObjectNode json(RoleCounts role) {
        return AnswerJson.object()
                .put("class", role.role())
                .put("alive", role.alive())
                .put("messages", role.messages())
                .put("mailbox", role.waiting())
                .put("failures", role.failures())
                .put("restarts", role.restarts());
    }

    private static void lost(ObjectNode answer, LostMessages lost) {
        answer.put("dead_letters", lost.deadLetters()).put("unhandled", lost.unhandled());
        ArrayNode latest = answer.putArray("lost_messages");
        for (LostMessages.Lost message : lost.latest()) {
            latest.addObject()
                    .put("time", message.time().toString())
                    .put("message", message.message())
                    .put("to", message.to())
                    .put("unhandled", message.unhandled());
        }
    }
}
