package io.espalier.actors.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.gpu.Refused;
import java.util.concurrent.CompletionStage;

/** The way to whoever runs the jobs. */
public interface JobControl {
    /**
     * Begins what is asked for. Completes soon: with an acceptance, or exceptionally with {@link Refused}, which becomes
     * the answer's status (NOT_FOUND 404, WRONG_STATE 409, VALIDATION and USAGE 400, BAD_CONFIGURATION 422, TRY_AGAIN 429,
     * NOT_ALLOWED 403). The same request may come again after an answer was lost, and is then carried out once.
     */
    CompletionStage<Accepted> begin(JobRequest request);

    /**
     * The acceptance of a request.
     *
     * @param outcome completes when it is done, with what there is to say, or exceptionally with why it failed
     */
    record Accepted(CompletionStage<JsonNode> outcome) {}
}
