package io.espalier.streams.live;

import com.google.protobuf.InvalidProtocolBufferException;
import com.typesafe.config.ConfigFactory;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.streams.batch.BatchSettings;
import io.espalier.streams.batch.DocumentAttention;
import io.espalier.streams.batch.Tokenizer;
import io.espalier.streams.source.BlendWeights;
import io.espalier.streams.source.ReadSettings;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;

/** Live batches over sources of a test, with texts as bytes. */
final class LiveRig implements AutoCloseable {
    static final int LONGEST = 2000;
    static final ReadSettings READING = new ReadSettings("text", LONGEST);

    final ActorSystem system = ActorSystem.create("live");
    final Recorder heard = new Recorder();
    private final Path directory;
    private final Tokenizer tokenizer;

    LiveRig(Path directory) {
        this.directory = directory;
        this.tokenizer = ByteTokenizer.open(directory.resolve("tokenizer"));
    }

    Path run() {
        return directory.resolve("run");
    }

    /** Settings whose sources are not opened. */
    LiveSettings settings(String hocon) {
        return LiveSettings.of(
                ConfigFactory.parseString(hocon)
                        .withFallback(ConfigFactory.parseString(
                                "sources { unused { kind = generated, domains = [{ name = a, words = 9 }] } }")),
                run());
    }

    LiveBatches batches(LiveSettings settings, int seqLength, int rows, LiveSource... sources) {
        return new LiveBatches(
                settings, rows(seqLength, rows), tokenizer, system.dispatcher()::execute, heard, List.of(sources));
    }

    /** The sources that the settings name. */
    LiveBatches opened(LiveSettings settings, int seqLength, int rows) {
        return new LiveBatches(settings, rows(seqLength, rows), tokenizer, system.dispatcher()::execute, heard);
    }

    static BatchSettings rows(int seqLength, int rows) {
        return new BatchSettings(
                List.of(),
                BlendWeights.BY_SIZE,
                READING,
                seqLength,
                rows,
                7,
                8,
                false,
                DocumentAttention.SHARED,
                3,
                ByteTokenizer.VOCABULARY);
    }

    List<TokenBatch> run(Source<TokenBatch, NotUsed> source) {
        try {
            return source.runWith(Sink.seq(), system)
                    .toCompletableFuture()
                    .orTimeout(50, TimeUnit.SECONDS)
                    .join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }

    /** The position after a batch, as a checkpoint would have it. */
    static LivePosition after(TokenBatch batch) {
        try {
            byte[] bytes = ((LivePosition) batch.next()).stored().toByteArray();
            return LivePosition.of(io.espalier.proto.state.LivePosition.parseFrom(bytes));
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        tokenizer.close();
        system.terminate();
    }
}
