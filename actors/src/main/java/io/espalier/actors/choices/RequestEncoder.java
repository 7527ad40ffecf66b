package io.espalier.actors.choices;

import io.espalier.gpu.Refused;
import io.espalier.gpu.eval.Continuations;
import io.espalier.streams.batch.Beginning;
import io.espalier.streams.batch.Tokenizer;
import io.espalier.streams.chat.PythonText;
import java.util.Arrays;

/**
 * Turns a context and its continuation into token ids as lm-eval does: blanks at the end of the context belong to the
 * continuation, both are encoded together, and of what does not fit the model the end is kept.
 */
public final class RequestEncoder {
    /**
     * A request, and what had to be done for it.
     *
     * @param truncated whether the beginning of the context did not fit
     */
    public record Encoded(Continuations.Request request, boolean truncated) {}

    private final Tokenizer tokenizer;
    private final Beginning beginning;
    private final int maxTokens;

    /** @param maxTokens positions of the model */
    public RequestEncoder(Tokenizer tokenizer, Beginning beginning, int maxTokens) {
        this.tokenizer = tokenizer;
        this.beginning = beginning;
        this.maxTokens = maxTokens;
    }

    /**
     * Encodes a context and what is to continue it.
     *
     * @param where the question stands, as messages name it
     */
    public Encoded encode(String where, String context, String continuation) {
        String trimmed = PythonText.stripRight(context);
        int[] before = tokenizer.encode(trimmed, beginning);
        int[] together = tokenizer.encode(context + continuation, beginning);
        if (before.length == 0 || together.length <= before.length) {
            String part = before.length == 0 ? "context" : "continuation";
            throw Refused.invalid(
                    where, part, "'" + (before.length == 0 ? context : continuation) + "'", "must be a token at least");
        }
        int[] answer = Arrays.copyOfRange(together, before.length, together.length);
        int room = maxTokens + 1 - answer.length;
        if (room < 1) {
            throw Refused.invalid(
                    where, "tokens of the continuation", answer.length, "must be at most the model's " + maxTokens);
        }
        boolean truncated = before.length > room;
        int[] kept = truncated ? Arrays.copyOfRange(before, before.length - room, before.length) : before;
        return new Encoded(new Continuations.Request(kept, answer), truncated);
    }
}
