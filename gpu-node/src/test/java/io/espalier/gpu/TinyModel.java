package io.espalier.gpu;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.checkpoint.ModelDirectoryWriter;
import io.espalier.gpu.checkpoint.TensorData;
import io.espalier.gpu.checkpoint.TensorType;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.RandomWeights;
import io.espalier.gpu.model.TensorSpec;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.IntStream;

/** A model of a few thousand random parameters, for tests that need one and no vectors. */
public final class TinyModel {
    public static final int VOCAB_SIZE = 50;

    private TinyModel() {}

    public static ModelConfig config() {
        ObjectNode json = new ObjectMapper().createObjectNode();
        json.put("model_type", "qwen3")
                .put("vocab_size", VOCAB_SIZE)
                .put("hidden_size", 16)
                .put("intermediate_size", 24);
        json.put("num_hidden_layers", 2)
                .put("num_attention_heads", 4)
                .put("num_key_value_heads", 2)
                .put("head_dim", 8);
        json.put("rms_norm_eps", 1e-6).put("rope_theta", 1e4).put("torch_dtype", "float32");
        return ModelConfig.of(json.put("initializer_range", 0.2));
    }

    public static Path write(Path directory, long seed) {
        return write(directory, config(), new RandomWeights(config(), seed).andThen(TensorData::bytes), Long.MAX_VALUE);
    }

    /** Any model, in f32. */
    public static Path write(
            Path directory, ModelConfig config, Function<String, MemorySegment> weights, long maxShardBytes) {
        try (ModelDirectoryWriter writer =
                ModelDirectoryWriter.create(directory, config, s -> TensorType.F32, null, maxShardBytes)) {
            for (TensorSpec spec : config.tensors()) {
                writer.begin(spec.name());
                writer.write(weights.apply(spec.name()));
            }
            writer.commit();
        }
        return directory;
    }

    /** Random rows of tokens. */
    public static List<TokenBatch> batches(Random random, int count, int rows, int seqLength) {
        return IntStream.range(0, count)
                .mapToObj(i -> new TokenBatch(
                        i,
                        rows,
                        seqLength,
                        random.ints((long) rows * (seqLength + 1), 0, VOCAB_SIZE)
                                .toArray(),
                        null,
                        List.of()))
                .toList();
    }
}
