package io.espalier.gpu.checkpoint;

import io.espalier.gpu.Refused;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;

/** A safetensors file, mapped: a tensor is read from disk when its bytes are. Closing it invalidates all views. */
public final class SafetensorsFile implements AutoCloseable {
    private final Path path;
    private final Arena arena;
    private final Map<String, TensorData> tensors;
    private final Map<String, String> metadata;

    private SafetensorsFile(Path path, Arena arena, SafetensorsHeader header) {
        this.path = path;
        this.arena = arena;
        this.tensors = header.tensors();
        this.metadata = header.metadata();
    }

    /** Maps the file and checks its header against it. */
    @SuppressWarnings("MustBeClosedChecker") // the arena lives as long as the file object, which closes it
    public static SafetensorsFile open(Path path) {
        if (!Files.isRegularFile(path)) {
            throw Refused.notFound(path, "must be a safetensors file");
        }
        Arena arena = Arena.ofShared();
        try (FileChannel channel = FileChannel.open(path)) {
            MemorySegment whole = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
            return new SafetensorsFile(path, arena, new SafetensorsHeader(path, whole));
        } catch (IOException e) {
            arena.close();
            throw new UncheckedIOException(path.toString(), e);
        } catch (RuntimeException e) {
            arena.close();
            throw e;
        }
    }

    public Set<String> names() {
        return tensors.keySet();
    }

    public boolean has(String name) {
        return tensors.containsKey(name);
    }

    /** What the file says about itself. */
    public Map<String, String> metadata() {
        return metadata;
    }

    public TensorData tensor(String name) {
        TensorData tensor = tensors.get(name);
        if (tensor == null) {
            throw Refused.invalid(path, "tensor " + name, "absent", "must be in the file");
        }
        return tensor;
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
