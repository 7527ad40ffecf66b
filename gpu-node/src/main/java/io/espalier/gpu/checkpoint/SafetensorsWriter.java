package io.espalier.gpu.checkpoint;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.gpu.disk.DiskFault;
import io.espalier.gpu.disk.FullDisk;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.List;
import java.util.Map;

/** Streams tensors into one safetensors file, in the order of its header, and hashes what it writes. */
public final class SafetensorsWriter implements AutoCloseable {
    /** A ByteBuffer view of a segment holds less than 2 GiB. */
    private static final long MAX_VIEW_BYTES = 1L << 30;

    private final Path path;
    private final FileChannel channel;

    private final MessageDigest digest = Sha256.start();

    /** A tensor that is to be written. */
    public record Entry(String name, TensorType type, long[] shape, long bytes) {}

    private SafetensorsWriter(Path path, FileChannel channel) {
        this.path = path;
        this.channel = channel;
    }

    /** Starts a file, which must not exist, of weights as PyTorch's readers know them. */
    public static SafetensorsWriter create(Path path, List<Entry> entries) {
        return create(path, entries, Map.of("format", "pt"));
    }

    /** Starts a file, which must not exist. */
    public static SafetensorsWriter create(Path path, List<Entry> entries, Map<String, String> metadata) {
        ObjectNode header = new ObjectMapper().createObjectNode();
        ObjectNode about = header.putObject("__metadata__");
        metadata.forEach(about::put);
        long offset = 0;
        for (Entry entry : entries) {
            ObjectNode node = header.putObject(entry.name());
            node.put("dtype", entry.type().name());
            for (long dimension : entry.shape()) {
                node.withArray("shape").add(dimension);
            }
            node.withArray("shape");
            node.putArray("data_offsets").add(offset).add(offset + entry.bytes());
            offset += entry.bytes();
        }
        byte[] json = padded(header.toString().getBytes(StandardCharsets.UTF_8));
        try {
            FullDisk.check(path);
            FileChannel channel = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            SafetensorsWriter writer = new SafetensorsWriter(path, channel);
            ByteBuffer length =
                    ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(0, json.length);
            writer.write(MemorySegment.ofBuffer(length));
            writer.write(MemorySegment.ofArray(json));
            return writer;
        } catch (IOException e) {
            throw DiskFault.failure(path, e);
        }
    }

    /** The format pads its header with spaces, so that tensors start at a multiple of 8. */
    private static byte[] padded(byte[] json) {
        byte[] padded = new byte[(json.length + 7) / 8 * 8];
        java.util.Arrays.fill(padded, (byte) ' ');
        System.arraycopy(json, 0, padded, 0, json.length);
        return padded;
    }

    /** The next bytes, of a tensor or a piece of one. */
    public void write(MemorySegment bytes) {
        try {
            FullDisk.check(path);
            for (long at = 0; at < bytes.byteSize(); at += MAX_VIEW_BYTES) {
                ByteBuffer view = bytes.asSlice(at, Math.min(MAX_VIEW_BYTES, bytes.byteSize() - at))
                        .asByteBuffer();
                digest.update(view.duplicate());
                while (view.hasRemaining()) {
                    channel.write(view);
                }
            }
        } catch (IOException e) {
            throw DiskFault.failure(path, e);
        }
    }

    /** Ends the file and gives the SHA-256 of its bytes; once. */
    public String finish() {
        close();
        return Sha256.hex(digest);
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw DiskFault.failure(path, e);
        }
    }
}
