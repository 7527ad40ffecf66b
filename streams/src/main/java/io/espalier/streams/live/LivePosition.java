package io.espalier.streams.live;

import io.espalier.gpu.batch.Cursor;
import io.espalier.proto.state.LivePartition;
import io.espalier.streams.batch.StoredRest;
import io.espalier.streams.batch.Unpacked;
import java.util.Arrays;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Where a live stream goes on after a batch: each record before it has been taken in, none after it has.
 *
 * @param sources by name, those that gave anything
 * @param rest ids that have been read and are in no batch
 */
public record LivePosition(SortedMap<String, SourcePosition> sources, Unpacked rest, ReplayPosition replay)
        implements Cursor {
    /** Before the first record. */
    public static final LivePosition START = new LivePosition(new TreeMap<>(), Unpacked.NONE, ReplayPosition.START);

    /**
     * How far one source has been read.
     *
     * @param first offset at which each partition began
     * @param next offset at which each goes on
     * @param read records taken in since the beginning, dead ones and duplicates among them
     * @param keys of its last records
     */
    record SourcePosition(
            SortedMap<Integer, Long> first,
            SortedMap<Integer, Long> next,
            long read,
            long duplicates,
            long dead,
            SeenKeys keys) {
        static final SourcePosition START =
                new SourcePosition(new TreeMap<>(), new TreeMap<>(), 0, 0, 0, SeenKeys.NONE);

        SourcePosition {
            first = Collections.unmodifiableSortedMap(new TreeMap<>(first));
            next = Collections.unmodifiableSortedMap(new TreeMap<>(next));
        }
    }

    public LivePosition {
        sources = Collections.unmodifiableSortedMap(new TreeMap<>(sources));
    }

    SourcePosition source(String name) {
        return sources.getOrDefault(name, SourcePosition.START);
    }

    /** Next offset by source and partition. */
    public Map<String, SortedMap<Integer, Long>> offsets() {
        Map<String, SortedMap<Integer, Long>> offsets = new TreeMap<>();
        sources.forEach((name, source) -> offsets.put(name, source.next()));
        return offsets;
    }

    /** Offset at which each partition of each source began: nothing before it is the stream's. */
    public Map<String, SortedMap<Integer, Long>> beginnings() {
        Map<String, SortedMap<Integer, Long>> offsets = new TreeMap<>();
        sources.forEach((name, source) -> offsets.put(name, source.first()));
        return offsets;
    }

    /** Records that were dropped since the beginning, as their keys had come before. */
    public long duplicates() {
        return sources.values().stream().mapToLong(SourcePosition::duplicates).sum();
    }

    /** Records since the beginning that nothing could be learnt from. */
    public long dead() {
        return sources.values().stream().mapToLong(SourcePosition::dead).sum();
    }

    /** As it is stored. */
    public io.espalier.proto.state.LivePosition stored() {
        return io.espalier.proto.state.LivePosition.newBuilder()
                .addAllSources(sources.entrySet().stream()
                        .map(source -> stored(source.getKey(), source.getValue()))
                        .toList())
                .addAllRest(StoredRest.ids(rest))
                .addAllRestCounts(StoredRest.counts(rest))
                .addAllSpans(StoredRest.spans(rest))
                .setReplay(replay.stored())
                .build();
    }

    private static io.espalier.proto.state.LiveSource stored(String name, SourcePosition source) {
        return io.espalier.proto.state.LiveSource.newBuilder()
                .setName(name)
                .addAllPartitions(source.next().entrySet().stream()
                        .map(at -> LivePartition.newBuilder()
                                .setPartition(at.getKey())
                                .setNext(at.getValue())
                                .setFirst(source.first().get(at.getKey()))
                                .build())
                        .toList())
                .setRead(source.read())
                .setDuplicates(source.duplicates())
                .setDead(source.dead())
                .addAllKeys(Arrays.stream(source.keys().hashes()).boxed().toList())
                .build();
    }

    /** From what {@link #stored} gave. */
    public static LivePosition of(io.espalier.proto.state.LivePosition stored) {
        return new LivePosition(
                stored.getSourcesList().stream()
                        .collect(Collectors.toMap(
                                io.espalier.proto.state.LiveSource::getName,
                                LivePosition::source,
                                (one, _) -> one,
                                TreeMap::new)),
                StoredRest.read(stored.getRestList(), stored.getRestCountsList(), stored.getSpansList()),
                ReplayPosition.of(stored.getReplay()));
    }

    private static SourcePosition source(io.espalier.proto.state.LiveSource stored) {
        return new SourcePosition(
                byPartition(stored, LivePartition::getFirst),
                byPartition(stored, LivePartition::getNext),
                stored.getRead(),
                stored.getDuplicates(),
                stored.getDead(),
                SeenKeys.of(
                        stored.getKeysList().stream().mapToLong(Long::longValue).toArray()));
    }

    private static SortedMap<Integer, Long> byPartition(
            io.espalier.proto.state.LiveSource stored, Function<LivePartition, Long> offset) {
        return stored.getPartitionsList().stream()
                .collect(Collectors.toMap(LivePartition::getPartition, offset, (one, _) -> one, TreeMap::new));
    }
}
