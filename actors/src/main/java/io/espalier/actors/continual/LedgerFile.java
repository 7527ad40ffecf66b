package io.espalier.actors.continual;

import io.espalier.actors.continual.JobLedger.Entry;
import io.espalier.actors.continual.JobLedger.Partition;
import io.espalier.actors.continual.JobLedger.Range;
import io.espalier.actors.report.JsonLines;
import io.espalier.proto.state.TrainingState;
import io.espalier.streams.live.LivePosition;
import io.espalier.streams.live.PartitionPosition;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Writes a run's ledger: an entry for each checkpoint, made of what the checkpoint itself says, so that one that a kill has
 * kept from being written is made up for. Thread-safe.
 */
final class LedgerFile implements AutoCloseable {
    /** Above these, all but the newest half are condensed. */
    private static final int MAX_ENTRIES = 10_000;

    private final JsonLines lines;
    private final List<Entry> entries;

    private LedgerFile(JsonLines lines, List<Entry> entries) {
        this.lines = lines;
        this.entries = entries;
    }

    /**
     * Opens the ledger of a run that goes on from a checkpoint: what other checkpoints came after it is dropped.
     *
     * @param begin of the checkpoint; of step 0 where the run begins anew
     * @param sha256 of its manifest
     */
    static LedgerFile open(Path run, TrainingState begin, String sha256) {
        JsonLines lines = new JsonLines(run.resolve(JobLedger.FILE), Long.MAX_VALUE);
        lines.keepUpTo(begin.getStep());
        LedgerFile file =
                new LedgerFile(lines, new ArrayList<>(JobLedger.read(run).entries()));
        boolean known = !file.entries.isEmpty() && file.entries.getLast().step() == begin.getStep();
        if (begin.getStep() > 0 && !known) {
            file.committed(begin, sha256);
        }
        return file;
    }

    synchronized void committed(TrainingState state, String sha256) {
        LivePosition position = LivePosition.of(state.getLive());
        Entry entry = new Entry(
                state.getStep(),
                sha256,
                since(new JobLedger(entries).ends(), position),
                position.dead() - entries.stream().mapToLong(Entry::dead).sum(),
                position.duplicates()
                        - entries.stream().mapToLong(Entry::duplicates).sum(),
                state.getContinual().hasRestoredStep()
                        ? OptionalLong.of(state.getContinual().getRestoredStep())
                        : OptionalLong.empty());
        lines.add(entry.json());
        entries.add(entry);
    }

    /**
     * Keeps it from growing for ever.
     *
     * @param kept steps that somebody may ask the lineage of
     */
    synchronized void condense(Supplier<Set<Long>> kept) {
        if (entries.size() > MAX_ENTRIES) {
            JobLedger condensed = new JobLedger(entries).condensed(MAX_ENTRIES / 2, kept.get());
            entries.clear();
            entries.addAll(condensed.entries());
            lines.replace(entries.stream().map(Entry::json).toList());
        }
    }

    private static List<Range> since(Map<Partition, Long> ends, LivePosition position) {
        List<Range> ranges = new ArrayList<>();
        position.partitions()
                .forEach((source, partitions) -> partitions.forEach((number, at) -> {
                    int log = 0;
                    for (PartitionPosition.Ended ended : at.ended()) {
                        add(ranges, ends, new Partition(source, number, log++), ended.first(), ended.next());
                    }
                    add(ranges, ends, new Partition(source, number, log), at.first(), at.next());
                }));
        return ranges;
    }

    private static void add(List<Range> ranges, Map<Partition, Long> ends, Partition of, long first, long next) {
        long from = ends.getOrDefault(of, first);
        if (next > from) {
            ranges.add(new Range(of.source(), of.number(), of.log(), from, next));
        }
    }

    synchronized JobLedger ledger() {
        return new JobLedger(entries);
    }

    @Override
    public void close() {
        lines.close();
    }
}
