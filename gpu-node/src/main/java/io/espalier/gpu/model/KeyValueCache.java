package io.espalier.gpu.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.espalier.gpu.torch.Scope;
import io.espalier.gpu.torch.Torch;
import java.util.ArrayList;
import java.util.List;

/** Keys and values of the positions so far, [B, G, capacity, D] per layer, in the compute type. Owns its memory. */
public final class KeyValueCache implements Attention, AutoCloseable {
    private final NDManager manager;
    private final List<NDArray> keys = new ArrayList<>();
    private final List<NDArray> values = new ArrayList<>();
    private final int capacity;
    private int length;

    public KeyValueCache(Torch torch, ModelConfig config, int rows, int capacity) {
        this.manager = torch.longLived();
        this.capacity = capacity;
        long[] shape = {rows, config.numKeyValueHeads(), capacity, config.headDim()};
        for (int layer = 0; layer < config.numHiddenLayers(); layer++) {
            keys.add(torch.empty(manager, shape, torch.compute()));
            values.add(torch.empty(manager, shape, torch.compute()));
        }
    }

    /** Positions held. */
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
        if (positions != 1) {
            throw new IllegalStateException("after the prompt, positions come one at a time, not " + positions);
        }
        long seen = Math.min(reach, length + 1);
        return scope.run("attend_cached", q, allKeys, allValues, seen).head();
    }

    @Override
    public void close() {
        manager.close();
    }
}
