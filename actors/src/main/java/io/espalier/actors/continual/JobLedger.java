package io.espalier.actors.continual;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.actors.report.JsonLines;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The records that went into each checkpoint of a run, as its {@code ledger.jsonl} says. The ranges of one partition
 * follow each other without a gap and never overlap: each record counts once.
 */
public record JobLedger(List<Entry> entries) {
    public static final String FILE = "ledger.jsonl";

    private static final JsonMapper JSON = JsonMapper.builder().build();

    /**
     * Records {@code [from, to)} of a partition.
     *
     * @param log number of the partition's log whose offsets they are: 0 for the first, one more each time that it was
     *     another, whose offsets say nothing about those before
     */
    public record Range(String source, int partition, int log, long from, long to) {
        /** A range of a partition that has always had the same log. */
        public Range(String source, int partition, long from, long to) {
            this(source, partition, 0, from, to);
        }

        Partition of() {
            return new Partition(source, partition, log);
        }
    }

    /** A log of a partition, with offsets of its own. */
    record Partition(String source, int number, int log) {}

    /**
     * A checkpoint and the records since the one before.
     *
     * @param sha256 of its manifest
     * @param ranges taken in since the checkpoint before
     * @param dead records among them that nothing could be learnt from
     * @param duplicates records among them that were dropped
     * @param restored step of the weights that were gone back to, so that the records since count for nothing in it
     */
    public record Entry(
            long step, String sha256, List<Range> ranges, long dead, long duplicates, OptionalLong restored) {
        public Entry {
            ranges = List.copyOf(ranges);
        }

        /** Both entries as one, which is the later checkpoint's. */
        private Entry plus(Entry next) {
            return new Entry(
                    next.step,
                    next.sha256,
                    merged(Stream.concat(ranges.stream(), next.ranges.stream())),
                    dead + next.dead,
                    duplicates + next.duplicates,
                    OptionalLong.empty());
        }

        ObjectNode json() {
            ObjectNode line = JSON.createObjectNode();
            line.put("step", step).put("sha256", sha256);
            line.set("ranges", JobLedger.json(ranges));
            line.put("dead", dead).put("duplicates", duplicates);
            restored.ifPresent(from -> line.put("restored", from));
            return line;
        }

        static Entry of(JsonNode line) {
            List<Range> ranges = new ArrayList<>();
            line.path("ranges")
                    .forEach(range -> ranges.add(new Range(
                            range.path("source").asText(),
                            range.path("partition").asInt(),
                            range.path("log").asInt(),
                            range.path("from").asLong(),
                            range.path("to").asLong())));
            JsonNode restored = line.path("restored");
            return new Entry(
                    line.path("step").asLong(),
                    line.path("sha256").asText(),
                    ranges,
                    line.path("dead").asLong(),
                    line.path("duplicates").asLong(),
                    restored.isNumber() ? OptionalLong.of(restored.asLong()) : OptionalLong.empty());
        }
    }

    public JobLedger {
        entries = List.copyOf(entries);
    }

    /** Reads the ledger of a run's directory; it is empty where the run has none. */
    public static JobLedger read(Path run) {
        return new JobLedger(
                JsonLines.read(run.resolve(FILE)).stream().map(Entry::of).toList());
    }

    static JsonNode json(List<Range> ranges) {
        var array = JSON.createArrayNode();
        for (Range range : ranges) {
            ObjectNode object = array.addObject().put("source", range.source).put("partition", range.partition);
            if (range.log > 0) {
                object.put("log", range.log);
            }
            object.put("from", range.from).put("to", range.to);
        }
        return array;
    }

    /** In words, what is wrong with it: ranges that overlap, gaps, steps that do not rise. Nothing where it is sound. */
    public List<String> faults() {
        List<String> faults = new ArrayList<>();
        Map<Partition, Long> ends = new HashMap<>();
        long step = 0;
        for (Entry entry : entries) {
            if (entry.step <= step) {
                faults.add("step " + entry.step + " follows step " + step);
            }
            step = entry.step;
            for (Range range : entry.ranges) {
                Long end = ends.put(range.of(), range.to);
                if (range.to <= range.from || (end != null && end != range.from)) {
                    faults.add("step " + step + ": " + range + " follows " + (end == null ? "nothing" : end));
                }
            }
        }
        return faults;
    }

    /** The offset at which each partition goes on after the last entry. */
    Map<Partition, Long> ends() {
        Map<Partition, Long> ends = new HashMap<>();
        entries.forEach(entry -> entry.ranges.forEach(range -> ends.put(range.of(), range.to)));
        return ends;
    }

    /**
     * The records that the weights of a checkpoint have learnt from: all before it but those that a rollback has undone.
     * Ranges of a partition that follow each other are one.
     */
    public List<Range> lineage(long step) {
        List<Entry> part = new ArrayList<>();
        long at = step;
        for (Entry entry : entries.reversed()) {
            if (entry.step > at) {
                continue;
            }
            if (entry.restored.isPresent()) {
                at = entry.restored.getAsLong();
            } else {
                part.add(entry);
            }
        }
        return merged(part.reversed().stream().flatMap(entry -> entry.ranges.stream()));
    }

    /**
     * The same ledger with fewer entries: neighbours that are not among the newest become one, whose ranges are those
     * of both. Every record stays where it counts.
     *
     * @param newest that stay as they are
     * @param kept steps that somebody may ask the lineage of, besides those that were gone back to
     */
    JobLedger condensed(int newest, Set<Long> kept) {
        Set<Long> steps = new HashSet<>(kept);
        entries.forEach(entry -> entry.restored.ifPresent(steps::add));
        List<Entry> all = new ArrayList<>();
        for (int i = 0; i < entries.size(); i++) {
            Entry entry = entries.get(i);
            Entry last = all.isEmpty() ? null : all.getLast();
            boolean one = i < entries.size() - newest
                    && last != null
                    && last.restored.isEmpty()
                    && entry.restored.isEmpty()
                    && !steps.contains(last.step);
            if (one) {
                all.removeLast();
            }
            all.add(one ? last.plus(entry) : entry);
        }
        return new JobLedger(all);
    }

    private static List<Range> merged(Stream<Range> ranges) {
        Map<Partition, List<Range>> merged = new TreeMap<>(Comparator.comparing(Partition::source)
                .thenComparingInt(Partition::number)
                .thenComparingInt(Partition::log));
        ranges.forEach(range -> append(merged.computeIfAbsent(range.of(), _ -> new ArrayList<>()), range));
        return merged.values().stream().flatMap(List::stream).toList();
    }

    private static void append(List<Range> ranges, Range next) {
        if (!ranges.isEmpty() && ranges.getLast().to == next.from) {
            Range last = ranges.removeLast();
            ranges.add(new Range(last.source, last.partition, last.log, last.from, next.to));
        } else {
            ranges.add(next);
        }
    }
}
