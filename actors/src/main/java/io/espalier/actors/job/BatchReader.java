package io.espalier.actors.job;

import io.espalier.gpu.Refused;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.streams.batch.BatchSettings;
import io.espalier.streams.batch.Batches;
import io.espalier.streams.batch.Tokenizer;
import java.nio.file.Path;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.stream.javadsl.StreamConverters;

/** Batches pulled by one thread that computes on them, for work that needs no ranks: evaluation and calibration. */
public final class BatchReader {
    private static final long TERMINATION_SECONDS = 30;

    private BatchReader() {}

    /** Hands every batch of an evaluation to {@code consumer}, in order. */
    public static void evaluation(Path model, BatchSettings settings, Consumer<TokenBatch> consumer) {
        read(model, settings, Batches::evaluation, Long.MAX_VALUE, consumer);
    }

    /** Hands the first {@code rows} rows of an evaluation to {@code consumer}, rounded up to whole batches. */
    public static void evaluation(Path model, BatchSettings settings, long rows, Consumer<TokenBatch> consumer) {
        read(model, settings, Batches::evaluation, Math.ceilDiv(rows, settings.rows()), consumer);
    }

    /** Hands the first {@code rows} rows of training to {@code consumer}. */
    public static void training(Path model, BatchSettings settings, long rows, Consumer<TokenBatch> consumer) {
        read(model, settings, Batches::training, Math.ceilDiv(rows, settings.rows()), consumer);
    }

    private static void read(
            Path model,
            BatchSettings settings,
            Function<Batches, Source<TokenBatch, NotUsed>> kind,
            long limit,
            Consumer<TokenBatch> consumer) {
        try (Tokenizer tokenizer = Tokenizer.open(model)) {
            pull(
                    executor -> kind.apply(new Batches(settings, tokenizer, executor))
                            .take(limit),
                    consumer);
        }
    }

    /** Runs a stream to its end, with each element handed to {@code consumer} by the calling thread. */
    static <T> void pull(Function<Executor, Source<T, NotUsed>> source, Consumer<T> consumer) {
        ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "espalier-text", EspalierConfig.load());
        try (Stream<T> pulled =
                source.apply(system.executionContext()::execute).runWith(StreamConverters.asJavaStream(), system)) {
            pulled.forEach(consumer);
        } catch (RuntimeException e) {
            throw refusal(e);
        } finally {
            system.terminate();
            system.getWhenTerminated()
                    .toCompletableFuture()
                    .orTimeout(TERMINATION_SECONDS, TimeUnit.SECONDS)
                    .join();
        }
    }

    /** The reader's refusal where there is one among the causes, since the stream wraps it; else the failure itself. */
    private static RuntimeException refusal(RuntimeException e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof Refused refused) {
                return refused;
            }
        }
        return e;
    }
}
