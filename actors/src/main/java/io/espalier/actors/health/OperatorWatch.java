package io.espalier.actors.health;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Tells the timeline of the acts of operators, from the audit log that the daemon writes. */
final class OperatorWatch {
    private static final Pattern TARGET = Pattern.compile("/v1/(job|rank)s(?:/([A-Za-z0-9_-]{1,64})/.*)?");
    private static final int REFUSED = 400;

    private final LineTail audit;
    private final Timeline timeline;

    /** Passes over the lines that stand there already, which are on the timeline or older than it. */
    OperatorWatch(Path state, Timeline timeline) {
        this.audit = new LineTail(state.resolve("audit.jsonl"));
        this.timeline = timeline;
        while (!audit.poll().lines().isEmpty()) {
            // A long log is passed over piece by piece.
        }
    }

    void look() {
        for (String line : audit.poll().lines()) {
            ObjectNode entry = AnswerJson.parse(line);
            if (entry != null) {
                tell(entry);
            }
        }
    }

    /** Records that clients hand in are asked for far too often to be events. */
    private void tell(ObjectNode entry) {
        Matcher target = TARGET.matcher(entry.path("path").asText());
        if (!target.matches()) {
            return;
        }
        int status = entry.path("status").asInt();
        String action = entry.path("action").asText();
        String name = target.group(2) == null ? entry.path("body").path("id").asText() : target.group(2);
        timeline.add(
                "operator",
                status < REFUSED ? Severity.INFO : Severity.WARNING,
                entry.path("caller").asText() + ": " + action + " " + name
                        + (status < REFUSED ? "" : ": refused with " + status),
                data -> data.put(target.group(1), name).put("action", action).put("status", status));
    }
}
