package io.espalier.streams.distill;

import io.espalier.gpu.Refused;
import io.espalier.gpu.train.StageInput;
import io.espalier.gpu.train.TeacherSignal;
import io.espalier.streams.transport.Bundle;
import io.espalier.streams.transport.FrameHeader.Kind;
import io.espalier.streams.transport.OutgoingFrame;
import io.espalier.streams.transport.Wire;
import io.espalier.streams.transport.Wire.Envelope;
import io.espalier.streams.transport.Wire.Failure;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.javadsl.Flow;

/**
 * The graph in which one stage of a teacher serves others: bundles come in, frames go out, in order and one batch at a
 * time. A stage does not compute while the receiver of its frames does not pull. A failure of a batch goes out instead
 * of a result, and the link lives on. Every bundle and signal is closed once, whatever ends the stream.
 */
public final class ServeGraph {
    private ServeGraph() {}

    /**
     * Bundles that ask to frames that answer.
     *
     * @param last whether what goes out is the teacher's signal, and not for a further stage
     */
    public static Flow<Bundle, OutgoingFrame, NotUsed> serve(StagePort stage, boolean last) {
        return Flow.fromMaterializer((_, _) -> {
                    Ledger<List<OutgoingFrame>> ledger = new Ledger<>(
                            frames -> frames.forEach(frame -> frame.release().run()));
                    return Flow.<Bundle>create()
                            .mapAsync(1, bundle -> answer(stage, last, bundle).thenApply(ledger::arrived))
                            .via(new Unbundle(ledger))
                            .watchTermination((_, done) -> done.whenComplete((_, _) -> ledger.end()));
                })
                .mapMaterializedValue(_ -> NotUsed.getInstance());
    }

    private static CompletionStage<List<OutgoingFrame>> answer(StagePort stage, boolean last, Bundle asked) {
        if (asked.kind() == Kind.FAILURE) {
            List<OutgoingFrame> passedOn = Wire.failure(Envelope.answering(asked, Kind.FAILURE), Wire.failure(asked));
            asked.close();
            return CompletableFuture.completedFuture(passedOn);
        }
        Kind kind = last ? Kind.SIGNAL : asked.kind() == Kind.COLLECT ? Kind.COLLECT : Kind.RESIDUAL;
        return forward(stage, asked)
                .thenApply(signal -> Wire.tensors(Envelope.answering(asked, kind), signal.parts(), () -> {
                    // In this order: some of the result may lie in the memory of what was asked.
                    signal.close();
                    asked.close();
                }))
                .exceptionally(failure -> {
                    asked.close();
                    return Wire.failure(Envelope.answering(asked, Kind.FAILURE), why(failure));
                });
    }

    private static CompletionStage<TeacherSignal> forward(StagePort stage, Bundle asked) {
        try {
            return stage.forward(
                    switch (asked.kind()) {
                        case REQUEST -> new StageInput.Ids(Wire.batch(asked));
                        case RESIDUAL -> new StageInput.Residual(asked.header().sequence(), Wire.parts(asked));
                        case COLLECT -> new StageInput.Collect(Wire.parts(asked));
                        case SIGNAL, FAILURE ->
                            throw Refused.invalid("link", "kind", asked.kind(), "must be what a stage is asked");
                    });
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private static Failure why(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        boolean refused = switch (cause) {
            case Refused asked -> asked.reason() != Refused.Reason.TRY_AGAIN;
            case IllegalArgumentException _ -> true;
            default -> false;
        };
        return new Failure(cause.getMessage() == null ? cause.toString() : cause.getMessage(), !refused);
    }
}
