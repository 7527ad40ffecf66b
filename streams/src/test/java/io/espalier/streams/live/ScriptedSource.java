package io.espalier.streams.live;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongFunction;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.javadsl.Source;

/** A source of two partitions whose records a test makes: even numbers are of partition 0, odd ones of 1. It counts what it gave. */
final class ScriptedSource implements LiveSource {
    static final Instant TIME = Instant.parse("2026-01-01T00:00:00Z");

    private final String name;
    private final LongFunction<Arrival.Item> records;
    final AtomicLong given = new AtomicLong();
    final List<SortedMap<Integer, Long>> committed = new ArrayList<>();
    private final long end;

    /**
     * @param end of its records
     * @param records made of their numbers
     */
    ScriptedSource(String name, long end, LongFunction<Arrival.Item> records) {
        this.name = name;
        this.end = end;
        this.records = records;
    }

    /** A text. */
    static Arrival.Item text(String source, long number, String text) {
        return item(source, number, null, Arrival.Form.TEXT, text.getBytes(StandardCharsets.UTF_8));
    }

    static Arrival.Item item(String source, long number, String key, Arrival.Form form, byte[] bytes) {
        return new Arrival.Item(
                source,
                (int) (number % 2),
                number / 2,
                number / 2 + 1,
                RecordKey.of(key),
                TIME.plusSeconds(number),
                source + "#" + number,
                form,
                bytes,
                null);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String kind() {
        return "scripted";
    }

    /** Gives both partitions in step, in the order of the records' numbers; after the last record nothing comes. */
    @Override
    public Source<Arrival, NotUsed> arrivals(SortedMap<Integer, PartitionPosition> from) {
        long even = 2 * PartitionPosition.next(from, 0);
        long odd = 2 * PartitionPosition.next(from, 1) + 1;
        return Source.fromIterator(() -> java.util.stream.LongStream.range(Math.min(even, odd), end)
                        .filter(n -> n >= (n % 2 == 0 ? even : odd))
                        .mapToObj(this::give)
                        .iterator())
                .concat(Source.never());
    }

    private Arrival give(long number) {
        given.incrementAndGet();
        return records.apply(number);
    }

    @Override
    public void committed(SortedMap<Integer, Long> next) {
        committed.add(next);
    }

    @Override
    public Map<Integer, Long> ends() {
        return new TreeMap<>(Map.of(0, (end + 1) / 2, 1, end / 2));
    }

    @Override
    public void close() {
        // It has nothing open.
    }
}
