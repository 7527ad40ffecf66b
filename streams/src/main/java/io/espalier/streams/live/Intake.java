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

/** What has been taken in of one source: offsets, counts, keys. Written by one thread, told to any. */
final class Intake {
    private final SortedMap<Integer, Long> first;
    private final SortedMap<Integer, Long> next;
    private final KeyWindow keys;
    private long read;
    private long duplicates;
    private long dead;
    private Instant last;

    /** @param window keys that are kept */
    Intake(SourcePosition from, int window) {
        this.first = new TreeMap<>(from.first());
        this.next = new TreeMap<>(from.next());
        this.keys = new KeyWindow(window, from.keys());
        this.read = from.read();
        this.duplicates = from.duplicates();
        this.dead = from.dead();
    }

    synchronized void moveTo(Arrival arrival) {
        next.put(arrival.partition(), arrival.next());
        switch (arrival) {
            case Arrival.Item item -> {
                first.putIfAbsent(item.partition(), item.offset());
                read++;
                last = item.time();
            }
            case Arrival.Mark mark -> first.putIfAbsent(mark.partition(), mark.next());
        }
    }

    /** Whether a record's key came before; takes note of it. */
    synchronized boolean isDuplicate(String key) {
        if (key == null || !Safeguard.IDEMPOTENCY_KEYS.on() || keys.add(KeyWindow.hash(key))) {
            return false;
        }
        duplicates++;
        return true;
    }

    synchronized void died() {
        dead++;
    }

    synchronized SourcePosition position() {
        return new SourcePosition(first, next, read, duplicates, dead, keys.keys());
    }

    /** @param ends as the source heard of them last */
    synchronized SourceStatus status(String name, String kind, Map<Integer, Long> ends) {
        SortedSet<Integer> numbers = new TreeSet<>(next.keySet());
        numbers.addAll(ends.keySet());
        List<PartitionStatus> partitions = new ArrayList<>();
        long lag = 0;
        for (int number : numbers) {
            long at = next.getOrDefault(number, 0L);
            Long end = ends.get(number);
            partitions.add(new PartitionStatus(number, at, end == null ? OptionalLong.empty() : OptionalLong.of(end)));
            lag += end == null ? 0 : Math.max(0, end - at);
        }
        return new SourceStatus(
                name,
                kind,
                partitions,
                ends.isEmpty() ? OptionalLong.empty() : OptionalLong.of(lag),
                read,
                duplicates,
                dead,
                Optional.ofNullable(last));
    }
}
