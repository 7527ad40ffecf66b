package io.espalier.streams.batch;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * Shuffles a stream within a bounded window: once the window is full, each arriving row takes the place of one drawn at
 * random, which leaves. The order depends on the seed and the input alone.
 */
final class WindowShuffle {
    private final int capacity;
    private final RandomGenerator random;
    private final List<Row> window = new ArrayList<>();

    WindowShuffle(int capacity, long seed) {
        this.capacity = capacity;
        this.random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    }

    /** Takes in a row; gives the one that leaves, if any. */
    List<Row> add(Row row) {
        if (window.size() < capacity) {
            window.add(row);
            return List.of();
        }
        return List.of(window.set(random.nextInt(capacity), row));
    }
}
