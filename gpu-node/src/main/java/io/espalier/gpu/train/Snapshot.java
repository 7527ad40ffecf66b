package io.espalier.gpu.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.espalier.gpu.checkpoint.SafetensorsWriter;
import io.espalier.gpu.checkpoint.TensorType;
import io.espalier.gpu.torch.Dtype;
import io.espalier.gpu.torch.Torch;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A student's state after a global batch, copied to host memory: written while training goes on. Owns that memory; any
 * thread may read and close it.
 */
public final class Snapshot implements AutoCloseable {
    private final long step;
    private final Arena arena = Arena.ofShared();
    private final Map<String, Copied> weights = new LinkedHashMap<>();
    private final Map<String, Copied> moments = new LinkedHashMap<>();

    private record Copied(SafetensorsWriter.Entry entry, MemorySegment bytes) {}

    /** @param step global batches seen */
    Snapshot(long step) {
        this.step = step;
    }

    void addWeight(Torch torch, String name, NDArray tensor) {
        Copied room = room(name, tensor.getShape().getShape());
        weights.put(name, room);
        copy(torch, tensor, 0, room);
    }

    /** Elements of a moment from {@code start} on, which is of the shape given as a whole. */
    void addMoment(Torch torch, String name, long[] shape, long start, NDArray part) {
        copy(torch, part, start, moments.computeIfAbsent(name, _ -> room(name, shape)));
    }

    private Copied room(String name, long[] shape) {
        long bytes = new Shape(shape).size() * Float.BYTES;
        return new Copied(
                new SafetensorsWriter.Entry(name, TensorType.F32, shape, bytes), arena.allocate(bytes, Float.BYTES));
    }

    private static void copy(Torch torch, NDArray part, long start, Copied into) {
        torch.store(
                part,
                Dtype.F32,
                bytes -> MemorySegment.copy(bytes, 0, into.bytes, start * Float.BYTES, bytes.byteSize()));
    }

    /** Global batches seen. */
    public long step() {
        return step;
    }

    /** Bytes that a checkpoint of it takes. */
    public long bytes() {
        return weights.values().stream().mapToLong(c -> c.entry.bytes()).sum()
                + moments.values().stream().mapToLong(c -> c.entry.bytes()).sum();
    }

    /** Writes the weights; gives the SHA-256 of the file. */
    public String writeWeights(Path file) {
        return write(file, weights.values());
    }

    /** Writes the optimiser's moments; gives the SHA-256 of the file. */
    public String writeMoments(Path file) {
        return write(file, moments.values());
    }

    private static String write(Path file, Collection<Copied> tensors) {
        List<SafetensorsWriter.Entry> entries =
                tensors.stream().map(Copied::entry).toList();
        try (SafetensorsWriter writer = SafetensorsWriter.create(file, entries, Map.of())) {
            tensors.forEach(tensor -> writer.write(tensor.bytes));
            return writer.finish();
        }
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
