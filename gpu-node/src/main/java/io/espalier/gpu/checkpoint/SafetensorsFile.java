package io.espalier.gpu.checkpoint;

import io.espalier.gpu.Refused;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A safetensors file, mapped: a tensor is read from disk when its bytes are. Closing it invalidates all views. */
public final class SafetensorsFile implements AutoCloseable {
    private final Path path;
    private final Arena arena;
    private final Map<String, TensorData> tensors;
    private final Map<String, String> foreign;
    private final Map<String, String> metadata;
    private final Stamp stamp;

    /** Size and time of the last change of a file: one with another stamp is not the file that was mapped. */
    private record Stamp(long bytes, FileTime modified) {
        static Stamp of(Path path) throws IOException {
            BasicFileAttributes now = Files.readAttributes(path, BasicFileAttributes.class);
            return new Stamp(now.size(), now.lastModifiedTime());
        }
    }

    private SafetensorsFile(Path path, Arena arena, SafetensorsHeader header, Stamp stamp) {
        this.path = path;
        this.arena = arena;
        this.stamp = stamp;
        this.tensors = header.tensors();
        this.foreign = header.foreign();
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
            Stamp stamp = Stamp.of(path);
            MemorySegment whole = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
            return new SafetensorsFile(path, arena, new SafetensorsHeader(path, whole), stamp);
        } catch (IOException e) {
            arena.close();
            throw new UncheckedIOException(path.toString(), e);
        } catch (RuntimeException e) {
            arena.close();
            throw e;
        }
    }

    /** Names of all tensors, those of unknown types too. */
    public Set<String> names() {
        return Stream.of(tensors, foreign)
                .flatMap(map -> map.keySet().stream())
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    public boolean has(String name) {
        return tensors.containsKey(name) || foreign.containsKey(name);
    }

    /** The entries of {@code __metadata__} in the header. */
    public Map<String, String> metadata() {
        return metadata;
    }

    public TensorData tensor(String name) {
        TensorData tensor = tensors.get(name);
        if (foreign.containsKey(name)) {
            throw Refused.invalid(path, "tensor " + name + ".dtype", foreign.get(name), "must be BF16, F16 or F32");
        }
        if (tensor == null) {
            throw Refused.invalid(path, "tensor " + name, "absent", "must be in the file");
        }
        return tensor;
    }

    /** Refuses a file that has been written to, cut or put in another's place since it was opened. */
    void requireUnchanged() {
        try {
            if (!Files.exists(path) || !Stamp.of(path).equals(stamp)) {
                throw changed(null);
            }
        } catch (IOException e) {
            throw changed(e);
        }
    }

    private Refused changed(IOException cause) {
        return new Refused(
                Refused.Reason.VALIDATION, path + ": changed while it was read: must stay as it is until then", cause);
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
