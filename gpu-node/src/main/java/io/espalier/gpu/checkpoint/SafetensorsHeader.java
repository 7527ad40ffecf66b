package io.espalier.gpu.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.gpu.Refused;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads and checks the header of a safetensors file: nothing it says is believed before it is compared with the file. */
final class SafetensorsHeader {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final ValueLayout.OfLong LENGTH = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int LENGTH_BYTES = 8;
    /** The format's own limit on its header. */
    private static final long MAX_HEADER_BYTES = 100_000_000;

    private final Path file;
    private final MemorySegment whole;

    SafetensorsHeader(Path file, MemorySegment whole) {
        this.file = file;
        this.whole = whole;
    }

    /** Tensors by name in the order of the header, as views of the file. */
    Map<String, TensorData> tensors() {
        JsonNode header = header();
        MemorySegment data = whole.asSlice(LENGTH_BYTES + headerBytes());
        Map<String, TensorData> tensors = new LinkedHashMap<>();
        header.properties().forEach(entry -> {
            if (!entry.getKey().equals("__metadata__")) {
                tensors.put(entry.getKey(), tensor(entry.getKey(), entry.getValue(), data));
            }
        });
        requireDisjoint(tensors, data);
        return tensors;
    }

    private long headerBytes() {
        if (whole.byteSize() < LENGTH_BYTES) {
            throw Refused.invalid(
                    file, "size", whole.byteSize() + " bytes", "must hold a header: the file is truncated");
        }
        long length = whole.get(LENGTH, 0);
        if (length < 2 || length > MAX_HEADER_BYTES || length > whole.byteSize() - LENGTH_BYTES) {
            throw Refused.invalid(
                    file,
                    "header length",
                    length + " bytes",
                    "must be from 2 to 100,000,000 and fit the file of " + whole.byteSize() + " bytes");
        }
        return length;
    }

    private JsonNode header() {
        try {
            JsonNode header =
                    JSON.readTree(whole.asSlice(LENGTH_BYTES, headerBytes()).toArray(ValueLayout.JAVA_BYTE));
            if (!header.isObject()) {
                throw Refused.invalid(file, "header", header.getNodeType(), "must be a JSON object");
            }
            return header;
        } catch (JsonProcessingException e) {
            throw Refused.invalid(file, "header", e.getOriginalMessage(), "must be JSON");
        } catch (IOException e) {
            throw new UncheckedIOException(file.toString(), e);
        }
    }

    private TensorData tensor(String name, JsonNode entry, MemorySegment data) {
        TensorType type = TensorType.of(entry.path("dtype").asText())
                .orElseThrow(() ->
                        Refused.invalid(file, name + ".dtype", entry.get("dtype"), "must be a known safetensors type"));
        JsonNode offsets = entry.path("data_offsets");
        if (offsets.size() != 2
                || !offsets.get(0).canConvertToLong()
                || !offsets.get(1).canConvertToLong()) {
            throw Refused.invalid(file, name + ".data_offsets", offsets, "must be two integers");
        }
        long from = offsets.get(0).asLong();
        long to = offsets.get(1).asLong();
        if (from < 0 || to < from || to > data.byteSize()) {
            throw Refused.invalid(
                    file,
                    name + ".data_offsets",
                    "[" + from + ", " + to + ")",
                    "must lie within the data of " + data.byteSize()
                            + " bytes: the file is truncated or its header lies");
        }
        long[] shape = shape(name, entry.path("shape"));
        long expected = byteSize(name, type, shape);
        if (to - from != expected) {
            throw Refused.invalid(
                    file,
                    name + ".data_offsets",
                    "[" + from + ", " + to + ")",
                    "must span the " + expected + " bytes of its shape and type");
        }
        return new TensorData(name, type, shape, data.asSlice(from, to - from));
    }

    private long[] shape(String name, JsonNode shape) {
        long[] dimensions = new long[shape.size()];
        for (int i = 0; i < dimensions.length; i++) {
            if (!shape.get(i).canConvertToLong() || shape.get(i).asLong() < 0) {
                throw Refused.invalid(file, name + ".shape", shape, "must be non-negative integers");
            }
            dimensions[i] = shape.get(i).asLong();
        }
        return dimensions;
    }

    private long byteSize(String name, TensorType type, long[] shape) {
        try {
            long bytes = type.bytes();
            for (long dimension : shape) {
                bytes = Math.multiplyExact(bytes, dimension);
            }
            return bytes;
        } catch (ArithmeticException e) {
            throw new Refused(Refused.Reason.VALIDATION, file + ": " + name + ".shape: must not exceed 2^63 bytes", e);
        }
    }

    private void requireDisjoint(Map<String, TensorData> tensors, MemorySegment data) {
        List<TensorData> sorted = new ArrayList<>(tensors.values());
        sorted.removeIf(t -> t.bytes().byteSize() == 0);
        sorted.sort(Comparator.comparingLong(t -> t.bytes().address()));
        for (int i = 1; i < sorted.size(); i++) {
            TensorData before = sorted.get(i - 1);
            TensorData after = sorted.get(i);
            long end = before.bytes().address() + before.bytes().byteSize();
            if (after.bytes().address() < end) {
                throw Refused.invalid(
                        file,
                        after.name() + ".data_offsets",
                        after.bytes().address() - data.address(),
                        "must not overlap " + before.name());
            }
        }
    }
}
