package io.espalier.gpu.checkpoint;

import io.espalier.gpu.Refused;
import io.espalier.gpu.disk.AtomicFile;
import io.espalier.gpu.disk.DiskFault;
import io.espalier.gpu.model.Family;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.Rope;
import io.espalier.gpu.model.RopeScaling;
import io.espalier.gpu.model.TensorSpec;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Writes a model as one GGUF file for llama.cpp and its kin. Matrices keep their stored type; vectors become f32, as
 * those readers demand.
 */
public final class GgufExport {
    private static final String ROPE_FACTORS = "rope_freqs.weight";
    private static final long MAX_VIEW_BYTES = 1L << 30;

    private final ModelDirectory model;
    private final ModelConfig config;

    private GgufExport(ModelDirectory model) {
        this.model = model;
        this.config = model.config();
    }

    /** Writes {@code target}, which must not exist; it appears complete or not at all. */
    public static void write(ModelDirectory model, Path target) {
        StagedDirectory.requireFree(target);
        Path absolute = target.toAbsolutePath();
        Path staging = absolute.resolveSibling(
                "." + absolute.getFileName() + ".tmp-" + ProcessHandle.current().pid());
        try {
            Files.createDirectories(absolute.getParent());
            StagedDirectory.requireSpace(absolute.getParent(), model.bytes());
            try (FileChannel out = FileChannel.open(
                    staging,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.TRUNCATE_EXISTING,
                    StandardOpenOption.WRITE)) {
                new GgufExport(model).write(out);
                out.force(true);
            }
            AtomicFile.move(staging, absolute);
        } catch (IOException e) {
            throw DiskFault.failure(target, e);
        } finally {
            deleteIfLeft(staging);
        }
    }

    private static void deleteIfLeft(Path staging) {
        try {
            Files.deleteIfExists(staging);
        } catch (IOException e) {
            throw DiskFault.failure(staging, e);
        }
    }

    private void write(FileChannel out) throws IOException {
        GgufHeader header = new GgufHeader();
        describeModel(header);
        GgufTokenizer.describe(header, model.path(), config);
        double[] factors = ropeFactors();
        if (factors != null) {
            header.tensor(ROPE_FACTORS, new long[] {factors.length}, ggmlType(TensorType.F32), 4L * factors.length);
        }
        for (TensorSpec spec : config.tensors()) {
            TensorType type = storedType(spec);
            header.tensor(spec.gguf(), spec.shape(), ggmlType(type), spec.elements() * type.bytes());
        }
        put(out, MemorySegment.ofArray(header.toBytes()));
        if (factors != null) {
            put(out, floats(factors));
        }
        for (TensorSpec spec : config.tensors()) {
            try (Arena arena = Arena.ofConfined()) {
                put(out, bytes(spec, arena));
            }
        }
    }

    private void describeModel(GgufHeader header) {
        String arch = gguf().architecture();
        header.text("general.architecture", arch);
        header.text("general.name", model.path().toAbsolutePath().getFileName().toString());
        header.number("general.alignment", GgufHeader.ALIGNMENT);
        header.number(arch + ".block_count", config.numHiddenLayers());
        header.number(arch + ".context_length", config.maxPositionEmbeddings());
        header.number(arch + ".embedding_length", config.hiddenSize());
        header.number(arch + ".feed_forward_length", config.intermediateSize());
        header.number(arch + ".attention.head_count", config.numAttentionHeads());
        header.number(arch + ".attention.head_count_kv", config.numKeyValueHeads());
        header.number(arch + ".attention.key_length", config.headDim());
        header.number(arch + ".attention.value_length", config.headDim());
        header.real(arch + ".attention.layer_norm_rms_epsilon", config.rmsNormEps());
        header.number(arch + ".rope.dimension_count", rope().dims());
        header.real(arch + ".rope.freq_base", rope().theta());
        header.number(arch + ".vocab_size", config.vocabSize());
        gguf().metadata().apply(config).forEach((key, value) -> describe(header, arch + "." + key, value));
    }

    private static void describe(GgufHeader header, String key, Object value) {
        switch (value) {
            case Integer number -> header.number(key, number);
            case Double number -> header.real(key, number);
            case Boolean flag -> header.flag(key, flag);
            case String text -> header.text(key, text);
            default -> throw new IllegalArgumentException(key + " of " + value.getClass());
        }
    }

    private Family.Gguf gguf() {
        if (config.family().gguf() == null) {
            throw Refused.invalid(
                    model.path(), "model_type", config.family().modelType(), "must be a family that llama.cpp knows");
        }
        return config.family().gguf();
    }

    /** Of the first layer in which positions turn. */
    private Rope rope() {
        return config.ropes().getFirst();
    }

    private TensorType storedType(TensorSpec spec) {
        return spec.shape().length == 1
                ? TensorType.F32
                : model.tensor(spec.name()).type();
    }

    private static int ggmlType(TensorType type) {
        return switch (type) {
            case F32 -> 0;
            case F16 -> 1;
            case BF16 -> 30;
            case BOOL, F8_E4M3, F8_E5M2, U8, I8, I16, U16, I32, U32, I64, U64, F64 ->
                throw new IllegalStateException(type + " weights");
        };
    }

    private MemorySegment bytes(TensorSpec spec, Arena arena) {
        TensorData tensor = model.tensor(spec.name());
        MemorySegment bytes = spec.shape().length == 1 ? FloatFormat.toF32(tensor, arena) : tensor.bytes();
        return spec.turned() && gguf().interleaved()
                ? interleaved(bytes, Math.toIntExact(spec.shape()[0] / config.headDim()), arena)
                : bytes;
    }

    /** llama.cpp rotates neighbouring rows of a head where Hugging Face rotates its halves: rows i and i + D/2 meet. */
    private MemorySegment interleaved(MemorySegment bytes, int heads, Arena arena) {
        long rowBytes = bytes.byteSize() / ((long) heads * config.headDim());
        MemorySegment out = arena.allocate(bytes.byteSize(), Float.BYTES);
        int half = config.headDim() / 2;
        for (int head = 0; head < heads; head++) {
            for (int row = 0; row < config.headDim(); row++) {
                long from = (long) head * config.headDim() + row / 2 + (row % 2) * (long) half;
                long to = (long) head * config.headDim() + row;
                MemorySegment.copy(bytes, from * rowBytes, out, to * rowBytes, rowBytes);
            }
        }
        return out;
    }

    /** How much each rotary frequency is divided by; null where metadata says it or none is. */
    private double[] ropeFactors() {
        if (!(rope().scaling() instanceof RopeScaling.Llama3)) {
            return null;
        }
        double[] scaled = rope().inverseFrequencies();
        double[] plain = new RopeScaling.None().inverseFrequencies(rope().theta(), rope().dims());
        for (int i = 0; i < plain.length; i++) {
            plain[i] /= scaled[i];
        }
        return plain;
    }

    private static MemorySegment floats(double[] values) {
        ByteBuffer buffer = ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (double value : values) {
            buffer.putFloat((float) value);
        }
        return MemorySegment.ofBuffer(buffer.flip());
    }

    private static void put(FileChannel out, MemorySegment bytes) throws IOException {
        for (long at = 0; at < bytes.byteSize(); at += MAX_VIEW_BYTES) {
            ByteBuffer view = bytes.asSlice(at, Math.min(MAX_VIEW_BYTES, bytes.byteSize() - at))
                    .asByteBuffer();
            while (view.hasRemaining()) {
                out.write(view);
            }
        }
        ByteBuffer padding =
                ByteBuffer.allocate(Math.toIntExact(GgufHeader.aligned(bytes.byteSize()) - bytes.byteSize()));
        while (padding.hasRemaining()) {
            out.write(padding);
        }
    }
}
