package io.espalier.actors.job.coordinator;

import io.espalier.actors.job.journal.JobEvent;
import io.espalier.actors.job.journal.Journal;
import io.espalier.actors.job.journal.JournalFailure;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;

/** A journal that several coordinators of a test share; it answers at once, and fails as often as it is told to. */
final class MemoryJournal implements Journal {
    private final Map<String, List<Entry>> streams = new LinkedHashMap<>();
    final AtomicInteger failures = new AtomicInteger();

    @Override
    public synchronized CompletionStage<Outcome> append(
            String stream, long expectedSeq, long epoch, List<? extends JobEvent> events) {
        if (failures.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
            return CompletableFuture.failedFuture(new JournalFailure("the disk is on fire", null));
        }
        List<Entry> entries = streams.getOrDefault(stream, new ArrayList<>());
        if (entries.size() != expectedSeq) {
            return CompletableFuture.completedFuture(new Outcome.Conflict(entries.size()));
        }
        for (JobEvent event : events) {
            entries.add(new Entry(entries.size() + 1L, epoch, Instant.EPOCH, event));
        }
        if (!entries.isEmpty()) {
            streams.put(stream, entries);
        }
        return CompletableFuture.completedFuture(new Outcome.Appended(entries.size()));
    }

    @Override
    public synchronized CompletionStage<List<Entry>> read(String stream) {
        return CompletableFuture.completedFuture(List.copyOf(streams.getOrDefault(stream, List.of())));
    }

    @Override
    public synchronized CompletionStage<List<String>> streams() {
        return CompletableFuture.completedFuture(List.copyOf(streams.keySet()));
    }

    synchronized List<JobEvent> events(String stream) {
        return streams.getOrDefault(stream, List.of()).stream()
                .map(Entry::event)
                .toList();
    }

    @Override
    public void close() {}
}
