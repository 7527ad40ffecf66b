package io.espalier.actors.http;

import io.espalier.gpu.Refused;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** The source {@code feed}, in memory, with room for a number of records. */
final class FakeIngest implements Ingest {
    private final List<Item> stored = new ArrayList<>();
    private final Set<String> keys = new HashSet<>();
    private int room = Integer.MAX_VALUE;

    synchronized void room(int records) {
        room = records;
    }

    synchronized List<Item> stored() {
        return List.copyOf(stored);
    }

    @Override
    public synchronized CompletionStage<Outcome> append(String source, List<Item> records) {
        if (!source.equals("feed")) {
            return CompletableFuture.failedFuture(Refused.notFound("source " + source, "no running job has it"));
        }
        if (stored.size() + records.size() > room) {
            return CompletableFuture.completedFuture(new Outcome.Full(Duration.ofMillis(2500)));
        }
        List<Item> added = records.stream()
                .filter(item -> item.key().map(keys::add).orElse(true))
                .toList();
        stored.addAll(added);
        return CompletableFuture.completedFuture(new Outcome.Stored(added.size(), records.size() - added.size()));
    }
}
