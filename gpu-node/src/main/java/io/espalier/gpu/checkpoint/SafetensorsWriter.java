package io.espalier.gpu.checkpoint;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/** Streams tensors into one safetensors file, in the order of its header. */
final class SafetensorsWriter implements AutoCloseable {
    /** A ByteBuffer view of a segment holds less than 2 GiB. */
    private static final long MAX_VIEW_BYTES = 1L << 30;

    private final Path path;
    private final FileChannel channel;

    /** One tensor to come. */
    record Entry(String name, TensorType type, long[] shape, long bytes) {}

    private SafetensorsWriter(Path path, FileChannel channel) {
        this.path = path;
        this.channel = channel;
    }

    static SafetensorsWriter create(Path path, List<Entry> entries) {
        ObjectNode header = new ObjectMapper().createObjectNode();
        header.putObject("__metadata__").put("format", "pt");
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
            FileChannel channel = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            SafetensorsWriter writer = new SafetensorsWriter(path, channel);
            ByteBuffer length =
                    ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(0, json.length);
            writer.write(MemorySegment.ofBuffer(length));
            writer.write(MemorySegment.ofArray(json));
            return writer;
        } catch (IOException e) {
            throw StagedDirectory.failure(path, e);
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
    void write(MemorySegment bytes) {
        try {
            for (long at = 0; at < bytes.byteSize(); at += MAX_VIEW_BYTES) {
                ByteBuffer view = bytes.asSlice(at, Math.min(MAX_VIEW_BYTES, bytes.byteSize() - at))
                        .asByteBuffer();
                while (view.hasRemaining()) {
                    channel.write(view);
                }
            }
        } catch (IOException e) {
            throw StagedDirectory.failure(path, e);
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw StagedDirectory.failure(path, e);
        }
    }
}
