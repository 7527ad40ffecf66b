package io.espalier.streams.live;

import io.espalier.gpu.Safeguard;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.streams.batch.BatchSettings;
import io.espalier.streams.batch.Batches;
import io.espalier.streams.batch.DocumentEncoder;
import io.espalier.streams.batch.Packer;
import io.espalier.streams.batch.TextPosition;
import io.espalier.streams.batch.Tokenizer;
import io.espalier.streams.live.LiveStatus.SourceStatus;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.FanInShape2;
import org.apache.pekko.stream.KillSwitches;
import org.apache.pekko.stream.SharedKillSwitch;
import org.apache.pekko.stream.SourceShape;
import org.apache.pekko.stream.javadsl.GraphDSL;
import org.apache.pekko.stream.javadsl.Source;

/**
 * Token batches from live text. All is pulled: a consumer that stops, stops the reading of every source. Several sources
 * take turns. Their records are packed in the order of arrival, and each batch says where the stream goes on after it.
 * Owns the sources. One stream at a time; the other methods are any thread's.
 */
public final class LiveBatches implements AutoCloseable {
    private final LiveSettings settings;
    private final BatchSettings rows;
    private final Tokenizer tokenizer;
    private final Executor executor;
    private final LiveListener listener;
    private final List<LiveSource> sources;
    private final SharedKillSwitch end = KillSwitches.shared("live-batches");
    private final AtomicReference<OptionalDouble> share = new AtomicReference<>(OptionalDouble.empty());
    private volatile Map<String, Intake> intakes = Map.of();

    /**
     * Opens the sources.
     *
     * @param rows how rows are cut; its files are not read
     * @param executor where text is tokenised
     * @throws io.espalier.gpu.Refused where a source cannot be had as it is set
     */
    public LiveBatches(
            LiveSettings settings, BatchSettings rows, Tokenizer tokenizer, Executor executor, LiveListener listener) {
        this(settings, rows, tokenizer, executor, listener, new LiveSources(settings, rows.reading(), listener).open());
    }

    /** @param sources closed with this */
    LiveBatches(
            LiveSettings settings,
            BatchSettings rows,
            Tokenizer tokenizer,
            Executor executor,
            LiveListener listener,
            List<LiveSource> sources) {
        this.settings = settings;
        this.rows = rows;
        this.tokenizer = tokenizer;
        this.executor = executor;
        this.listener = listener;
        this.sources = List.copyOf(sources);
    }

    /**
     * Batches from a position on. Ends when this is closed.
     *
     * @param from {@link LivePosition#START}, or what a batch gave as {@link TokenBatch#next}
     * @param batches how many came before
     */
    public Source<TokenBatch, NotUsed> training(LivePosition from, long batches) {
        share.set(from.replay().share());
        Map<String, Intake> opened = new LinkedHashMap<>();
        sources.forEach(source -> opened.put(source.name(), new Intake(from.source(source.name()), settings.window())));
        intakes = opened;
        BatchAssembly assembly = new BatchAssembly(
                rows.rows(),
                batches,
                () -> new Intakes(
                        opened,
                        new Packer(rows.seqLength(), rows.documents(), from.rest()),
                        settings.deadLetters(),
                        new DeadLetterFile(
                                settings.directory(), settings.deadLetters().fileBytes(), from),
                        listener),
                () -> new ReplayMix(settings.replay(), share::get, past(from.replay()), from.replay()));
        return Source.fromGraph(GraphDSL.create(builder -> {
            FanInShape2<Decoded, TokenBatch, TokenBatch> join = builder.add(assembly);
            builder.from(builder.add(decoded(from))).toInlet(join.in0());
            builder.from(builder.add(anchors(from))).toInlet(join.in1());
            return SourceShape.of(join.out());
        }));
    }

    /** Null where none are kept. */
    private PastRows past(ReplayPosition from) {
        int kept = settings.replay().pastRows();
        return kept == 0 ? null : new PastRows(settings.directory(), kept, rows.seqLength(), rows.seed(), from.past());
    }

    private Source<Decoded, NotUsed> decoded(LivePosition from) {
        RecordDecoder decoder = new RecordDecoder(new DocumentEncoder(tokenizer, rows.vocabSize()), rows.reading());
        return arrivals(from)
                .via(end.flow())
                .mapAsync(
                        rows.parallelism(),
                        arrival -> CompletableFuture.supplyAsync(() -> decoder.decode(arrival), executor));
    }

    /** Merged as they come: of sources that have something each is asked once before any is asked again. */
    private Source<Arrival, NotUsed> arrivals(LivePosition from) {
        List<Source<Arrival, NotUsed>> streams = new ArrayList<>();
        for (LiveSource source : sources) {
            streams.add(source.arrivals(partitions(from, source)));
        }
        Source<Arrival, NotUsed> all = streams.getFirst();
        return streams.size() == 1 ? all : all.mergeAll(streams.subList(1, streams.size()), false);
    }

    private static SortedMap<Integer, PartitionPosition> partitions(LivePosition from, LiveSource source) {
        return Safeguard.SOURCE_POSITIONS.on() ? from.source(source.name()).partitions() : new TreeMap<>();
    }

    private Source<TokenBatch, NotUsed> anchors(LivePosition from) {
        if (settings.replay().anchors().isEmpty()) {
            return Source.empty();
        }
        Batches anchors = new Batches(rows.of(settings.replay().anchors(), 1), tokenizer, executor);
        TextPosition at = from.replay().anchors();
        return at == null ? anchors.training() : anchors.training(at, 0);
    }

    /** Tells the sources that no position before this one will be gone back to: they may forget what lies before it. */
    public void committed(LivePosition oldestKept) {
        sources.forEach(
                source -> source.committed(oldestKept.source(source.name()).next()));
        PastRows.forget(
                settings.directory(), rows.seqLength(), oldestKept.replay().past());
    }

    /**
     * Sets the share of earlier rows, which positions then carry.
     *
     * @param ofRows at least 0 and below 1
     */
    public void replayShare(double ofRows) {
        settings.replay().requireShare(ofRows);
        share.set(OptionalDouble.of(ofRows));
    }

    /** The state of the stream, which lists no sources before the stream has begun. */
    public LiveStatus status() {
        Map<String, Intake> now = intakes;
        List<SourceStatus> each = sources.stream()
                .filter(source -> now.containsKey(source.name()))
                .map(source -> now.get(source.name()).status(source.name(), source.kind(), source.ends()))
                .toList();
        return new LiveStatus(
                each,
                each.stream().mapToLong(SourceStatus::dead).sum(),
                share.get().orElse(settings.replay().share()));
    }

    /** Ends the stream; idempotent. */
    @Override
    public void close() {
        end.shutdown();
        sources.forEach(LiveSource::close);
    }
}
