package io.espalier.gpu.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.espalier.gpu.torch.Dtype;
import io.espalier.gpu.torch.Scope;
import io.espalier.gpu.torch.Torch;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Keys and values of the positions so far, [B, G, capacity, D] per layer, in the compute type, and what DeltaNet layers
 * remember. Owns its memory.
 */
public final class KeyValueCache implements Attention, AutoCloseable {
    private final NDManager manager;
    /** The keys by layer. */
    private final Map<Integer, NDArray> keys = new HashMap<>();

    private final Map<Integer, NDArray> values = new HashMap<>();
    private final Map<Integer, Memory> memories = new HashMap<>();
    private final int capacity;
    private int length;

    public KeyValueCache(Torch torch, ModelConfig config, int rows, int capacity) {
        this.manager = torch.longLived();
        this.capacity = capacity;
        List<Anatomy.Layer> layers = config.anatomy().layers();
        for (int layer = 0; layer < layers.size(); layer++) {
            switch (layers.get(layer).mixer()) {
                case AttentionBlock block -> {
                    long[] shape = {rows, block.groups(), capacity, block.headDim()};
                    keys.put(layer, torch.empty(manager, shape, torch.compute()));
                    values.put(layer, torch.empty(manager, shape, torch.compute()));
                }
                case DeltaNetBlock block -> memories.put(layer, memory(torch, block, rows));
                case MlpBlock _, ExpertsBlock _ -> throw new IllegalArgumentException("no mixer");
            }
        }
    }

    private Memory memory(Torch torch, DeltaNetBlock block, int rows) {
        long[] seen = {rows, block.mixed(), block.kernel() - 1L};
        long[] state = {rows, block.valueHeads(), block.keyDim(), block.valueDim()};
        return new Memory(torch.zeros(manager, seen, torch.compute()), torch.zeros(manager, state, Dtype.F32));
    }

    @Override
    public Memory memory(int layer) {
        return memories.get(layer);
    }

    /**
     * Another cache that holds what some rows of this one hold.
     *
     * @param rows of this cache, in the order of the other's; a row may come several times
     * @param capacity positions that the other has room for
     */
    public KeyValueCache spread(Torch torch, ModelConfig config, int[] rows, int capacity) {
        KeyValueCache other = new KeyValueCache(torch, config, rows.length, capacity);
        try (Scope scope = torch.inference()) {
            NDArray taken =
                    scope.ids(Arrays.stream(rows).asLongStream().toArray(), 1).flatten();
            keys.forEach((layer, from) -> scope.run("cache_take", other.keys.get(layer), from, taken, (long) length));
            values.forEach(
                    (layer, from) -> scope.run("cache_take", other.values.get(layer), from, taken, (long) length));
            memories.forEach((layer, from) -> {
                scope.run("memory_take", other.memories.get(layer).convolution(), from.convolution(), taken);
                scope.run("memory_take", other.memories.get(layer).state(), from.state(), taken);
            });
        } catch (RuntimeException e) {
            other.close();
            throw e;
        }
        other.length = length;
        return other;
    }

    /** The number of positions that the cache holds. */
    public int length() {
        return length;
    }

    void advance(int positions) {
        length += positions;
    }

    @Override
    public NDArray attend(Scope scope, int layer, int reach, NDArray q, NDArray k, NDArray v) {
        int positions = (int) q.getShape().get(2);
        if (length + positions > capacity) {
            throw new IllegalStateException("cache of " + capacity + " positions is full at " + length);
        }
        NDArray allKeys =
                scope.run("cache_put", keys.get(layer), k, (long) length).head();
        NDArray allValues =
                scope.run("cache_put", values.get(layer), v, (long) length).head();
        if (length == 0) {
            return scope.attend(q, allKeys, allValues, reach);
        }
        if (positions > 1) {
            return scope.run("attend_after", q, allKeys, allValues, (long) reach)
                    .head();
        }
        long seen = Math.min(reach, length + 1);
        return scope.run("attend_cached", q, allKeys, allValues, seen).head();
    }

    @Override
    public void close() {
        manager.close();
    }
}
