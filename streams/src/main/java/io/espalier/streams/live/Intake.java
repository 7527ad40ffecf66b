package io.espalier.streams.live;

import io.espalier.gpu.Safeguard;
import io.espalier.streams.live.LivePosition.SourcePosition;
import io.espalier.streams.live.LiveStatus.PartitionStatus;
import io.espalier.streams.live.LiveStatus.SourceStatus;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** The offsets, counts and keys of the records taken in from one source. Written by one thread, told to any. */
final class Intake {
    private final SortedMap<Integer, PartitionPosition> partitions;
    private final KeyWindow keys;
    private long read;
    private long duplicates;
    private long dead;
    private long tombstones;
    private Instant last;

    /** @param window keys that are kept */
    Intake(SourcePosition from, int window) {
        this.partitions = new TreeMap<>(from.partitions());
        this.keys = new KeyWindow(window, from.keys());
        this.read = from.read();
        this.duplicates = from.duplicates();
        this.dead = from.dead();
        this.tombstones = from.tombstones();
    }

    synchronized void moveTo(Arrival arrival) {
        partitions.compute(arrival.partition(), (_, before) -> PartitionPosition.after(before, arrival));
        switch (arrival) {
            case Arrival.Item item -> {
                read += item.records();
                last = item.time();
            }
            case Arrival.Tombstone tombstone -> {
                read++;
                tombstones++;
                last = tombstone.time();
            }
            case Arrival.Mark _ -> {}
        }
    }

    /** Whether a record can be dropped, since another with its key was learnt from; counts it then. */
    synchronized boolean isDuplicate(RecordKey key) {
        if (key == null || !Safeguard.IDEMPOTENCY_KEYS.on() || !keys.contains(key.hash())) {
            return false;
        }
        duplicates++;
        return true;
    }

    /** Takes note of the key of a record that is learnt from. */
    synchronized void learnt(RecordKey key) {
        if (key != null) {
            keys.add(key.hash());
        }
    }

    /** Takes note of records that nothing can be learnt from. */
    synchronized void died(long records) {
        dead += records;
    }

    synchronized SourcePosition position() {
        return new SourcePosition(partitions, read, duplicates, dead, tombstones, keys.keys());
    }

    /** @param ends as the source heard of them last */
    synchronized SourceStatus status(String name, String kind, Map<Integer, Long> ends) {
        SortedSet<Integer> numbers = new TreeSet<>(partitions.keySet());
        numbers.addAll(ends.keySet());
        List<PartitionStatus> each = new ArrayList<>();
        long lag = 0;
        for (int number : numbers) {
            long at = PartitionPosition.next(partitions, number);
            Long end = ends.get(number);
            each.add(new PartitionStatus(number, at, end == null ? OptionalLong.empty() : OptionalLong.of(end)));
            lag += end == null ? 0 : Math.max(0, end - at);
        }
        return new SourceStatus(
                name,
                kind,
                each,
                ends.isEmpty() ? OptionalLong.empty() : OptionalLong.of(lag),
                read,
                duplicates,
                dead,
                tombstones,
                Optional.ofNullable(last));
    }
}
