package io.espalier.gpu.train;

import ai.djl.ndarray.NDArray;
import io.espalier.gpu.checkpoint.SafetensorsWriter;
import io.espalier.gpu.checkpoint.TensorType;
import io.espalier.gpu.torch.Dtype;
import io.espalier.gpu.torch.Torch;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A student's state after a global batch, copied to host memory: written while training goes on. Owns that memory; any
 * thread may read and close it.
 */
public final class Snapshot implements AutoCloseable {
    private final long step;
    private final Arena arena = Arena.ofShared();
    private final List<Copied> weights = new ArrayList<>();
    private final List<Copied> moments = new ArrayList<>();

    private record Copied(SafetensorsWriter.Entry entry, MemorySegment bytes) {}

    /** @param step global batches seen */
    Snapshot(long step) {
        this.step = step;
    }

    void addWeight(Torch torch, String name, NDArray tensor) {
        weights.add(copy(torch, name, tensor));
    }

    void addMoment(Torch torch, String name, NDArray tensor) {
        moments.add(copy(torch, name, tensor));
    }

    private Copied copy(Torch torch, String name, NDArray tensor) {
        long bytes = tensor.getShape().size() * Float.BYTES;
        MemorySegment copy = arena.allocate(bytes, Float.BYTES);
        long[] at = new long[1];
        torch.store(tensor, Dtype.F32, piece -> {
            MemorySegment.copy(piece, 0, copy, at[0], piece.byteSize());
            at[0] += piece.byteSize();
        });
        return new Copied(
                new SafetensorsWriter.Entry(
                        name, TensorType.F32, tensor.getShape().getShape(), bytes),
                copy);
    }

    /** Global batches seen. */
    public long step() {
        return step;
    }

    /** Bytes that a checkpoint of it takes. */
    public long bytes() {
        return weights.stream().mapToLong(c -> c.entry.bytes()).sum()
                + moments.stream().mapToLong(c -> c.entry.bytes()).sum();
    }

    /** Writes the weights; gives the SHA-256 of the file. */
    public String writeWeights(Path file) {
        return write(file, weights);
    }

    /** Writes the optimiser's moments; gives the SHA-256 of the file. */
    public String writeMoments(Path file) {
        return write(file, moments);
    }

    private static String write(Path file, List<Copied> tensors) {
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
