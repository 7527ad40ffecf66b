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
import java.util.stream.Collectors;

/**
 * The place where a live stream goes on after a batch: each record before it has been taken in, none after it has.
 *
 * @param sources by name, those that gave anything
 * @param rest ids that have been read and are in no batch
 */
public record LivePosition(SortedMap<String, SourcePosition> sources, Unpacked rest, ReplayPosition replay)
        implements Cursor {
    /** The position before the first record. */
    public static final LivePosition START = new LivePosition(new TreeMap<>(), Unpacked.NONE, ReplayPosition.START);

    /**
     * The place up to which one source has been read.
     *
     * @param read records taken in since the beginning, dead ones, duplicates and tombstones among them
     * @param keys of its last records
     */
    record SourcePosition(
            SortedMap<Integer, PartitionPosition> partitions,
            long read,
            long duplicates,
            long dead,
            long tombstones,
            SeenKeys keys) {
        static final SourcePosition START = new SourcePosition(new TreeMap<>(), 0, 0, 0, 0, SeenKeys.NONE);

        SourcePosition {
            partitions = Collections.unmodifiableSortedMap(new TreeMap<>(partitions));
        }

        /** Offset at which each partition goes on. */
        SortedMap<Integer, Long> next() {
            SortedMap<Integer, Long> next = new TreeMap<>();
            partitions.forEach((number, partition) -> next.put(number, partition.next()));
            return next;
        }
    }

    public LivePosition {
        sources = Collections.unmodifiableSortedMap(new TreeMap<>(sources));
    }

    SourcePosition source(String name) {
        return sources.getOrDefault(name, SourcePosition.START);
    }

    /** The place up to which each partition of each source has been read. */
    public Map<String, SortedMap<Integer, PartitionPosition>> partitions() {
        Map<String, SortedMap<Integer, PartitionPosition>> partitions = new TreeMap<>();
        sources.forEach((name, source) -> partitions.put(name, source.partitions()));
        return partitions;
    }

    /** Records that were dropped since the beginning, as their keys had come before. */
    public long duplicates() {
        return sources.values().stream().mapToLong(SourcePosition::duplicates).sum();
    }

    /** Records since the beginning that nothing could be learnt from. */
    public long dead() {
        return sources.values().stream().mapToLong(SourcePosition::dead).sum();
    }

    /** The position as it is stored. */
    public io.espalier.proto.state.LivePosition stored() {
        return io.espalier.proto.state.LivePosition.newBuilder()
                .addAllSources(sources.entrySet().stream()
                        .map(source -> stored(source.getKey(), source.getValue()))
                        .toList())
                .addAllRest(StoredRest.ids(rest))
                .addAllRestCounts(StoredRest.counts(rest))
                .addAllRestBegins(StoredRest.begins(rest))
                .addAllSpans(StoredRest.spans(rest))
                .setReplay(replay.stored())
                .build();
    }

    private static io.espalier.proto.state.LiveSource stored(String name, SourcePosition source) {
        return io.espalier.proto.state.LiveSource.newBuilder()
                .setName(name)
                .addAllPartitions(source.partitions().entrySet().stream()
                        .map(at -> at.getValue().stored(at.getKey()))
                        .toList())
                .setRead(source.read())
                .setDuplicates(source.duplicates())
                .setDead(source.dead())
                .setTombstones(source.tombstones())
                .addAllKeys(Arrays.stream(source.keys().hashes()).boxed().toList())
                .build();
    }

    /** Reads the form that {@link #stored} gives. */
    public static LivePosition of(io.espalier.proto.state.LivePosition stored) {
        return new LivePosition(
                stored.getSourcesList().stream()
                        .collect(Collectors.toMap(
                                io.espalier.proto.state.LiveSource::getName,
                                LivePosition::source,
                                (one, _) -> one,
                                TreeMap::new)),
                StoredRest.read(
                        stored.getRestList(),
                        stored.getRestCountsList(),
                        stored.getRestBeginsList(),
                        stored.getSpansList()),
                ReplayPosition.of(stored.getReplay()));
    }

    private static SourcePosition source(io.espalier.proto.state.LiveSource stored) {
        return new SourcePosition(
                stored.getPartitionsList().stream()
                        .collect(Collectors.toMap(
                                LivePartition::getPartition, PartitionPosition::of, (one, _) -> one, TreeMap::new)),
                stored.getRead(),
                stored.getDuplicates(),
                stored.getDead(),
                stored.getTombstones(),
                SeenKeys.of(
                        stored.getKeysList().stream().mapToLong(Long::longValue).toArray()));
    }
}
