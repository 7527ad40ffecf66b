package io.espalier.gpu.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.espalier.gpu.LaxJson;
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
import java.util.Optional;

/** Reads and checks the header of a safetensors file: nothing it says is believed before it is compared with the file. */
final class SafetensorsHeader {
    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();
    private static final ValueLayout.OfLong LENGTH = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final String OFFSETS = "data_offsets";
    private static final String METADATA = "__metadata__";
    private static final int LENGTH_BYTES = 8;
    /** The format's own limit on its header. */
    private static final long MAX_HEADER_BYTES = 100_000_000;

    private final Path file;
    private final MemorySegment whole;
    private final JsonNode header;

    SafetensorsHeader(Path file, MemorySegment whole) {
        this.file = file;
        this.whole = whole;
        this.header = readHeader();
    }

    /** Tensors by name in the order of the header, as views of the file; those of {@link #foreign} types are not among them. */
    Map<String, TensorData> tensors() {
        MemorySegment data = whole.asSlice(LENGTH_BYTES + headerBytes());
        Map<String, TensorData> tensors = new LinkedHashMap<>();
        List<Extent> extents = new ArrayList<>();
        header.properties().forEach(entry -> {
            if (!entry.getKey().equals(METADATA)) {
                Extent extent = extent(entry.getKey(), entry.getValue(), data);
                extents.add(extent);
                type(entry.getValue())
                        .ifPresent(type -> tensors.put(extent.name, tensor(extent, type, entry.getValue(), data)));
            }
        });
        requireContiguous(extents, data);
        return tensors;
    }

    /** Types of the tensors whose type is not known here: a later format may have more. */
    Map<String, String> foreign() {
        Map<String, String> foreign = new LinkedHashMap<>();
        header.properties().forEach(entry -> {
            if (!entry.getKey().equals(METADATA) && type(entry.getValue()).isEmpty()) {
                foreign.put(entry.getKey(), entry.getValue().path("dtype").asText());
            }
        });
        return foreign;
    }

    private static Optional<TensorType> type(JsonNode entry) {
        return TensorType.of(entry.path("dtype").asText());
    }

    private record Extent(String name, long from, long to) {}

    /** The metadata that the file has of itself. */
    Map<String, String> metadata() {
        Map<String, String> metadata = new LinkedHashMap<>();
        header.path(METADATA)
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

    private JsonNode readHeader() {
        byte[] bytes = whole.asSlice(LENGTH_BYTES, headerBytes()).toArray(ValueLayout.JAVA_BYTE);
        try {
            // Decoded first: a JSON parser would guess at the encoding.
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            JsonNode json = JSON.readTree(text);
            if (!json.isObject()) {
                throw Refused.invalid(file, "header", json.getNodeType(), "must be a JSON object");
            }
            return json;
        } catch (CharacterCodingException e) {
            throw Refused.invalid(file, "header", "no UTF-8", "must be JSON");
        } catch (JsonProcessingException e) {
            throw Refused.invalid(file, "header", LaxJson.problem(e), "must be JSON");
        }
    }

    private Extent extent(String name, JsonNode entry, MemorySegment data) {
        if (!entry.path("dtype").isTextual()) {
            throw Refused.invalid(file, name + ".dtype", entry.get("dtype"), "must be the name of a type");
        }
        long[] offsets = integers(name, OFFSETS, entry);
        if (offsets.length != 2) {
            throw Refused.invalid(file, name + "." + OFFSETS, entry.get(OFFSETS), "must be two integers");
        }
        if (offsets[0] < 0 || offsets[1] < offsets[0] || offsets[1] > data.byteSize()) {
            throw Refused.invalid(
                    file,
                    name + "." + OFFSETS,
                    "[" + offsets[0] + ", " + offsets[1] + ")",
                    "must lie within the data of " + data.byteSize()
                            + " bytes: the file is truncated or its header lies");
        }
        return new Extent(name, offsets[0], offsets[1]);
    }

    private TensorData tensor(Extent extent, TensorType type, JsonNode entry, MemorySegment data) {
        long[] shape = integers(extent.name, "shape", entry);
        long expected = byteSize(extent.name, type, shape);
        if (extent.to - extent.from != expected) {
            throw Refused.invalid(
                    file,
                    extent.name + "." + OFFSETS,
                    "[" + extent.from + ", " + extent.to + ")",
                    "must span the " + expected + " bytes of its shape and type");
        }
        return new TensorData(extent.name, type, shape, data.asSlice(extent.from, expected));
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
    private void requireContiguous(List<Extent> extents, MemorySegment data) {
        extents.sort(Comparator.comparingLong(Extent::from).thenComparingLong(Extent::to));
        long end = 0;
        for (Extent extent : extents) {
            if (extent.from != end) {
                throw Refused.invalid(
                        file,
                        extent.name + "." + OFFSETS,
                        extent.from,
                        "must be " + end + ", where the tensor before it ends: no gap and no overlap");
            }
            end = extent.to;
        }
        if (end != data.byteSize()) {
            throw Refused.invalid(
                    file, "size", data.byteSize() + " bytes of data", "must be the " + end + " of its tensors");
        }
    }
}
