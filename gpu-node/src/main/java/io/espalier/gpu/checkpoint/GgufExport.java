package io.espalier.gpu.checkpoint;

import io.espalier.gpu.disk.AtomicFile;
import io.espalier.gpu.disk.DiskFault;
import io.espalier.gpu.model.Family;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.Rope;
import io.espalier.gpu.model.RopeScaling;
import io.espalier.gpu.model.TensorSpec;
import io.espalier.gpu.quant.BlockFormat;
import io.espalier.gpu.quant.Mixture;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * Writes a model as one GGUF file for llama.cpp and its kin. Matrices keep their stored type, or are quantised, one tensor
 * in memory at a time; vectors become f32, as those readers demand.
 */
public final class GgufExport {
    /** Version of the block formats: the key {@code general.quantization_version}. */
    private static final int QUANTISATION = 2;

    private static final String ROPE_FACTORS = "rope_freqs.weight";
    private static final long MAX_VIEW_BYTES = 1L << 30;
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final ModelDirectory model;
    private final ModelConfig config;
    private final Family.Gguf gguf;
    /** Null where matrices keep their type. */
    private final Mixture mixture;

    private GgufExport(ModelDirectory model, Mixture mixture) {
        this.model = model;
        this.mixture = mixture;
        this.config = model.config();
        this.gguf = GgufArchitecture.of(model.path(), config);
    }

    /**
     * Writes {@code target}, which must not exist; it appears complete or not at all.
     *
     * @param mixture how matrices are quantised; null where they keep their type
     */
    public static void write(ModelDirectory model, Path target, Mixture mixture) {
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
                new GgufExport(model, mixture).write(out);
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
        GgufArchitecture.describe(header, model.path(), config);
        GgufTokenizer.describe(header, model.path(), config);
        if (mixture != null) {
            header.number("general.file_type", mixture.fileType());
            header.number("general.quantization_version", QUANTISATION);
        }
        double[] factors = ropeFactors();
        if (factors != null) {
            header.tensor(
                    ROPE_FACTORS, new long[] {factors.length}, GgufData.number(TensorType.F32), 4L * factors.length);
        }
        Map<String, List<TensorSpec>> tensors = stacks();
        tensors.forEach((name, stack) -> {
            TensorSpec first = stack.getFirst();
            GgufData data = data(name, first);
            header.tensor(name, shape(stack), data.number(), data.bytes(stack.size() * first.elements()));
        });
        put(out, MemorySegment.ofArray(header.toBytes()));
        if (factors != null) {
            MemorySegment floats = floats(factors);
            put(out, floats);
            pad(out, floats.byteSize());
        }
        for (Map.Entry<String, List<TensorSpec>> stack : tensors.entrySet()) {
            long written = 0;
            for (TensorSpec spec : stack.getValue()) {
                // Rows are quantised by several threads.
                try (Arena arena = Arena.ofShared()) {
                    TensorData values =
                            new TensorData(spec.name(), elementType(spec), spec.shape(), bytes(spec, arena));
                    written += data(stack.getKey(), spec).write(values, piece -> put(out, piece));
                }
            }
            pad(out, written);
        }
    }

    /** The rotary embedding of the layers without a window, or that of all layers where each has a window. */
    private Rope rope() {
        return config.ropes().getFirst();
    }

    /** Parameters by their name in the file: experts of a layer are one tensor. */
    private Map<String, List<TensorSpec>> stacks() {
        return config.tensors().stream()
                .collect(Collectors.groupingBy(this::name, LinkedHashMap::new, Collectors.toList()));
    }

    private static long[] shape(List<TensorSpec> stack) {
        long[] shape = stack.getFirst().shape();
        return stack.getFirst().stacked()
                ? LongStream.concat(LongStream.of(stack.size()), Arrays.stream(shape))
                        .toArray()
                : shape;
    }

    /** Seed-OSS calls the norm before its MLP by what it follows. */
    private String name(TensorSpec spec) {
        return gguf.architecture().equals("seed_oss")
                ? spec.gguf().replace(".ffn_norm.", ".post_attention_norm.")
                : spec.gguf();
    }

    /** The type of a parameter's elements before they are quantised. */
    private TensorType elementType(TensorSpec spec) {
        return spec.shape().length == 1
                ? TensorType.F32
                : model.tensor(spec.name()).type();
    }

    private GgufData data(String name, TensorSpec spec) {
        if (mixture == null || spec.shape().length != 2 || !Mixture.covers(name)) {
            return new GgufData.Plain(elementType(spec));
        }
        boolean head = name.equals("output.weight") || (name.equals("token_embd.weight") && config.tieWordEmbeddings());
        BlockFormat format = mixture.format(name, spec.shape()[1], spec.layer(), config.numHiddenLayers(), head);
        return format == null ? new GgufData.Plain(TensorType.F16) : new GgufData.Blocks(format);
    }

    private MemorySegment bytes(TensorSpec spec, Arena arena) {
        TensorData tensor = model.tensor(spec.name());
        MemorySegment bytes = spec.matrix() ? tensor.bytes() : FloatFormat.toF32(tensor, arena);
        if (spec.fromOne()) {
            return oneMore(bytes, arena);
        }
        return spec.turned() && gguf.interleaved()
                ? interleaved(bytes, Math.toIntExact(spec.shape()[0] / config.headDim()), arena)
                : bytes;
    }

    /** llama.cpp knows gains as they multiply, not their distance from one. */
    private static MemorySegment oneMore(MemorySegment floats, Arena arena) {
        MemorySegment out = arena.allocate(floats.byteSize(), Float.BYTES);
        for (long at = 0; at < floats.byteSize(); at += Float.BYTES) {
            out.set(FLOAT, at, floats.get(FLOAT, at) + 1);
        }
        return out;
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

    /** The divisor of each rotary frequency; null where metadata gives the scaling or no frequency is scaled. */
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
    }

    private static void pad(FileChannel out, long written) throws IOException {
        ByteBuffer padding = ByteBuffer.allocate(Math.toIntExact(GgufHeader.aligned(written) - written));
        while (padding.hasRemaining()) {
            out.write(padding);
        }
    }
}
