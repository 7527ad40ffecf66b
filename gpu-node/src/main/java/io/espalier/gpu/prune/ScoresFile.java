package io.espalier.gpu.prune;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.gpu.LaxJson;
import io.espalier.gpu.Refused;
import io.espalier.gpu.checkpoint.SafetensorsFile;
import io.espalier.gpu.checkpoint.SafetensorsWriter;
import io.espalier.gpu.checkpoint.TensorData;
import io.espalier.gpu.checkpoint.TensorType;
import io.espalier.gpu.disk.AtomicFile;
import io.espalier.gpu.disk.DiskFault;
import io.espalier.gpu.model.ModelConfig;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Calibration on disk: one safetensors file of f64 sums, whose metadata says in JSON what they are of.
 *
 * @param about what was calibrated on what
 */
public record ScoresFile(About about, ActivationStatistics statistics) {
    private static final ValueLayout.OfDouble F64 =
            ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final String KEY = "espalier";
    private static final ObjectMapper JSON = new ObjectMapper()
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES);

    /**
     * The subject of the sums.
     *
     * @param model digest of its weights
     * @param shape its dimensions
     * @param data SHA-256 over the batches' own
     * @param blocks see {@link ActivationStatistics}
     */
    public record About(
            String model,
            PruningPlan.Shape shape,
            String data,
            int seqLength,
            long rows,
            long tokens,
            boolean blocks,
            long targets) {}

    /** Writes the file anew, as a whole or not at all. */
    public void write(Path file) {
        Map<String, double[][]> tensors = tensors();
        List<SafetensorsWriter.Entry> entries = new ArrayList<>();
        tensors.forEach((name, rows) -> entries.add(new SafetensorsWriter.Entry(
                name,
                TensorType.F64,
                new long[] {rows.length, rows[0].length},
                (long) rows.length * rows[0].length * Double.BYTES)));
        Path absolute = file.toAbsolutePath().normalize();
        Path temporary = absolute.resolveSibling(
                "." + absolute.getFileName() + ".tmp-" + ProcessHandle.current().pid());
        try {
            Files.createDirectories(absolute.getParent());
            Files.deleteIfExists(temporary);
            try (SafetensorsWriter writer =
                    SafetensorsWriter.create(temporary, entries, Map.of(KEY, JSON.writeValueAsString(about)))) {
                tensors.values().forEach(rows -> Arrays.stream(rows).forEach(row -> writer.write(bytes(row))));
            }
            AtomicFile.sync(temporary);
            AtomicFile.move(temporary, absolute);
        } catch (IOException e) {
            throw DiskFault.failure(file, e);
        }
    }

    private Map<String, double[][]> tensors() {
        Map<String, double[][]> tensors = new LinkedHashMap<>();
        for (int l = 0; l < statistics.layers(); l++) {
            tensors.put("attention_norm." + l, statistics.attentionNorm().get(l).sums());
            tensors.put("heads." + l, statistics.heads().get(l).sums());
            tensors.put("mlp_norm." + l, statistics.mlpNorm().get(l).sums());
            tensors.put("ffn." + l, statistics.ffn().get(l).sums());
            if (!statistics.experts().isEmpty()) {
                tensors.put("experts." + l, statistics.experts().get(l).sums());
            }
        }
        tensors.put("final_norm", statistics.finalNorm().sums());
        tensors.put("cosines", statistics.cosines());
        if (statistics.hasLeaveOneOut()) {
            tensors.put("leave_one_out", new double[][] {statistics.leaveOneOut()});
        }
        return tensors;
    }

    private static MemorySegment bytes(double... row) {
        MemorySegment bytes = MemorySegment.ofArray(new byte[row.length * Double.BYTES]);
        for (int i = 0; i < row.length; i++) {
            bytes.set(F64, (long) i * Double.BYTES, row[i]);
        }
        return bytes;
    }

    /** Reads a file and refuses what is none, or is damaged. */
    public static ScoresFile read(Path file) {
        try (SafetensorsFile stored = SafetensorsFile.open(file)) {
            String json = stored.metadata().get(KEY);
            if (json == null) {
                throw Refused.invalid(file, "metadata", "absent", "must be a file of scores that prune has written");
            }
            About about = JSON.readValue(json, About.class);
            int layers = about.shape().layers();
            return new ScoresFile(
                    about,
                    new ActivationStatistics(
                            about.rows(),
                            about.tokens(),
                            channels(stored, "attention_norm.", layers),
                            channels(stored, "heads.", layers),
                            channels(stored, "mlp_norm.", layers),
                            channels(stored, "ffn.", layers),
                            about.shape().experts() == 0 ? List.of() : channels(stored, "experts.", layers),
                            new ChannelSums(rows(stored, "final_norm", ChannelSums.KINDS)),
                            rows(stored, "cosines", layers),
                            about.blocks(),
                            stored.has("leave_one_out") ? rows(stored, "leave_one_out", 1)[0] : new double[0],
                            about.targets()));
        } catch (JsonProcessingException e) {
            throw Refused.invalid(
                    file, "metadata", "no JSON (" + LaxJson.problem(e) + ")", "must say what was calibrated");
        }
    }

    private static List<ChannelSums> channels(SafetensorsFile file, String prefix, int layers) {
        return IntStream.range(0, layers)
                .mapToObj(l -> new ChannelSums(rows(file, prefix + l, ChannelSums.KINDS)))
                .toList();
    }

    private static double[][] rows(SafetensorsFile file, String name, int expected) {
        TensorData tensor = file.tensor(name);
        if (tensor.type() != TensorType.F64 || tensor.shape().length != 2 || tensor.shape()[0] != expected) {
            throw Refused.invalid("scores", name, tensor.type(), "must be F64 of " + expected + " rows");
        }
        double[] flat = tensor.bytes().toArray(F64);
        int width = flat.length / expected;
        return IntStream.range(0, expected)
                .mapToObj(r -> Arrays.copyOfRange(flat, r * width, (r + 1) * width))
                .toArray(double[][]::new);
    }

    /** Refuses scores of another model; {@code digest} is that of its weights, or empty where only a config is known. */
    public void requireModel(Path file, ModelConfig model, String digest) {
        PruningPlan.Shape shape = PruningPlan.Shape.of(model);
        if (!about.shape().equals(shape)) {
            throw Refused.invalid(file, "shape", about.shape(), "must be the model's " + shape);
        }
        if (!digest.isEmpty() && !about.model().equals(digest)) {
            throw Refused.invalid(
                    file,
                    "model",
                    about.model(),
                    "must be the digest of the model's weights, " + digest + ": the scores are of another model");
        }
        int queries = model.numAttentionHeads() * model.headDim();
        requireChannels(file, "attention_norm", statistics.attentionNorm(), model.hiddenSize());
        requireChannels(file, "mlp_norm", statistics.mlpNorm(), model.hiddenSize());
        requireChannels(file, "final_norm", List.of(statistics.finalNorm()), model.hiddenSize());
        requireChannels(file, "heads", statistics.heads(), queries);
        requireChannels(file, "ffn", statistics.ffn(), model.intermediateSize());
        requireChannels(file, "experts", statistics.experts(), 3 * model.numExperts());
        if (statistics.cosines()[0].length != shape.layers()) {
            throw Refused.invalid(
                    file, "cosines", statistics.cosines()[0].length + " columns", "must be " + shape.layers());
        }
        if (statistics.hasLeaveOneOut() && statistics.leaveOneOut().length != shape.layers() + 1) {
            throw Refused.invalid(
                    file, "leave_one_out", statistics.leaveOneOut().length, "must be " + (shape.layers() + 1));
        }
    }

    private static void requireChannels(Path file, String name, List<ChannelSums> sums, int channels) {
        for (ChannelSums each : sums) {
            if (each.channels() != channels) {
                throw Refused.invalid(file, name, each.channels() + " channels", "must be " + channels);
            }
        }
    }
}
