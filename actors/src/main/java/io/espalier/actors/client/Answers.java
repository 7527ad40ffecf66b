package io.espalier.actors.client;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.gpu.Refused;
import java.util.Locale;
import java.util.Map;

/** Turns a daemon's refusals into the exceptions of a command. */
final class Answers {
    private static final Map<Integer, Refused.Reason> BY_STATUS = Map.of(
            400, Refused.Reason.VALIDATION,
            401, Refused.Reason.NOT_ALLOWED,
            403, Refused.Reason.NOT_ALLOWED,
            404, Refused.Reason.NOT_FOUND,
            409, Refused.Reason.WRONG_STATE,
            421, Refused.Reason.NOT_ALLOWED,
            422, Refused.Reason.BAD_CONFIGURATION,
            429, Refused.Reason.TRY_AGAIN,
            503, Refused.Reason.TRY_AGAIN);

    private Answers() {}

    /** The exception for a status that is no success. */
    static RuntimeException problem(int status, JsonNode problem) {
        String detail = problem.path("detail").asText(problem.path("title").asText("status " + status));
        Refused.Reason reason = reason(problem.path("code").asText(), BY_STATUS.get(status));
        return reason == null
                ? new IllegalStateException("the daemon answers with status " + status + ": " + detail)
                : new Refused(reason, detail);
    }

    /** The exception for an operation that has failed. */
    static RuntimeException failure(JsonNode operation) {
        String detail = operation.path("detail").asText("it has failed");
        Refused.Reason reason = reason(operation.path("code").asText(), null);
        if (operation.path("code").asText().equals("no_outcome")) {
            reason = Refused.Reason.TRY_AGAIN;
        }
        return reason == null ? new IllegalStateException(detail) : new Refused(reason, detail);
    }

    private static Refused.Reason reason(String code, Refused.Reason otherwise) {
        for (Refused.Reason reason : Refused.Reason.values()) {
            if (reason.name().toLowerCase(Locale.ROOT).equals(code)) {
                return reason;
            }
        }
        return otherwise;
    }
}
