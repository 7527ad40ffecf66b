package io.espalier.gpu.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.espalier.gpu.Refused;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads and checks the header of a safetensors file: nothing it says is believed before it is compared with the file. */
final class SafetensorsHeader {
    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();
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
        requireContiguous(tensors, data);
        return tensors;
    }

    /** What the file says about itself. */
    Map<String, String> metadata() {
        Map<String, String> metadata = new LinkedHashMap<>();
        header().path("__metadata__")
                .properties()
                .forEach(entry -> metadata.put(entry.getKey(), entry.getValue().asText()));
        return metadata;
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
        byte[] bytes = whole.asSlice(LENGTH_BYTES, headerBytes()).toArray(ValueLayout.JAVA_BYTE);
        try {
            // Decoded first: a JSON parser would guess at the encoding.
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            JsonNode header = JSON.readTree(text);
            if (!header.isObject()) {
                throw Refused.invalid(file, "header", header.getNodeType(), "must be a JSON object");
            }
            return header;
        } catch (CharacterCodingException e) {
            throw Refused.invalid(file, "header", "no UTF-8", "must be JSON");
        } catch (JsonProcessingException e) {
            throw Refused.invalid(file, "header", e.getOriginalMessage(), "must be JSON");
        }
    }

    private TensorData tensor(String name, JsonNode entry, MemorySegment data) {
        TensorType type = TensorType.of(entry.path("dtype").asText())
                .orElseThrow(() ->
                        Refused.invalid(file, name + ".dtype", entry.get("dtype"), "must be a known safetensors type"));
        long[] offsets = integers(name, "data_offsets", entry);
        if (offsets.length != 2) {
            throw Refused.invalid(file, name + ".data_offsets", entry.get("data_offsets"), "must be two integers");
        }
        long from = offsets[0];
        long to = offsets[1];
        if (from < 0 || to < from || to > data.byteSize()) {
            throw Refused.invalid(
                    file,
                    name + ".data_offsets",
                    "[" + from + ", " + to + ")",
                    "must lie within the data of " + data.byteSize()
                            + " bytes: the file is truncated or its header lies");
        }
        long[] shape = integers(name, "shape", entry);
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

    private long[] integers(String name, String field, JsonNode entry) {
        JsonNode array = entry.path(field);
        boolean whole = array.isArray();
        for (JsonNode element : array) {
            whole &= element.isIntegralNumber() && element.canConvertToLong() && element.asLong() >= 0;
        }
        if (!whole) {
            throw Refused.invalid(
                    file,
                    name + "." + field,
                    array.isMissingNode() ? "absent" : array,
                    "must be non-negative integers");
        }
        long[] values = new long[array.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = array.get(i).asLong();
        }
        return values;
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

    /** Tensors must fill the data exactly: bytes that nothing names hide damage. */
    private void requireContiguous(Map<String, TensorData> tensors, MemorySegment data) {
        List<TensorData> sorted = new ArrayList<>(tensors.values());
        sorted.sort(Comparator.<TensorData>comparingLong(t -> t.bytes().address())
                .thenComparingLong(t -> t.bytes().byteSize()));
        long end = 0;
        for (TensorData tensor : sorted) {
            long from = tensor.bytes().address() - data.address();
            if (from != end) {
                throw Refused.invalid(
                        file,
                        tensor.name() + ".data_offsets",
                        from,
                        "must be " + end + ", where the tensor before it ends: no gap and no overlap");
            }
            end = from + tensor.bytes().byteSize();
        }
        if (end != data.byteSize()) {
            throw Refused.invalid(
                    file, "size", data.byteSize() + " bytes of data", "must be the " + end + " of its tensors");
        }
    }
}
