package io.espalier.gpu.train;

import io.espalier.gpu.batch.TokenBatch;
import java.util.List;

/** A question to a stage of a teacher. */
public sealed interface StageInput {
    /** The first stage's: a batch. */
    record Ids(TokenBatch batch) implements StageInput {}

    /**
     * A later stage's: what the stage before has given of a batch. It stays the caller's, who keeps it open until the answer
     * is closed: parts that only pass through are the same memory in both.
     *
     * @param sequence number of the batch
     * @param parts the residual stream before the stage's first layer first: F32 [B, S, C], never rounded; then where
     *     documents begin, if rows are divided into such; then what earlier stages have for the end
     */
    record Residual(long sequence, List<SignalPart> parts) implements StageInput {
        public Residual {
            parts = List.copyOf(parts);
        }
    }

    /**
     * Asks for what has been added up rather than for a batch's states. As for a residual, the parts stay the caller's.
     *
     * @param soFar what earlier stages have given; empty for the first stage
     */
    record Collect(List<SignalPart> soFar) implements StageInput {
        public Collect {
            soFar = List.copyOf(soFar);
        }
    }
}
