package io.espalier.gpu.prune;

import io.espalier.gpu.TinyModel;
import io.espalier.gpu.checkpoint.FloatFormat;
import io.espalier.gpu.checkpoint.ModelDirectory;
import io.espalier.gpu.checkpoint.TensorData;
import io.espalier.gpu.checkpoint.TensorType;
import io.espalier.gpu.model.ModelConfig;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * The same function written down in another order: residual channels, the neurons of each MLP, key-value groups and the
 * query heads in each of them are shuffled.
 */
record PermutedModel(
        ModelConfig config, List<Integer> hidden, List<Integer> ffn, List<Integer> groups, List<Integer> heads) {
    static PermutedModel of(ModelConfig config, Random random) {
        int groupSize = config.numAttentionHeads() / config.numKeyValueHeads();
        List<Integer> groups = shuffled(config.numKeyValueHeads(), random);
        List<Integer> heads = new ArrayList<>();
        for (int group : groups) {
            shuffled(groupSize, random).forEach(head -> heads.add(group * groupSize + head));
        }
        return new PermutedModel(
                config,
                shuffled(config.hiddenSize(), random),
                shuffled(config.intermediateSize(), random),
                groups,
                heads);
    }

    private static List<Integer> shuffled(int size, Random random) {
        List<Integer> order = new ArrayList<>(IntStream.range(0, size).boxed().toList());
        Collections.shuffle(order, random);
        return order;
    }

    Path write(Path original, Path target) {
        try (ModelDirectory directory = ModelDirectory.open(original)) {
            return TinyModel.write(target, config, name -> permuted(directory.tensor(name)), Long.MAX_VALUE);
        }
    }

    private MemorySegment permuted(TensorData tensor) {
        List<Integer> queries = PrunedModel.channels(heads, config);
        List<Integer> keys = PrunedModel.channels(groups, config);
        String name = tensor.name().replaceFirst(".*\\.layers\\.\\d+\\.", "");
        return switch (name) {
            case "model.norm.weight", "input_layernorm.weight", "post_attention_layernorm.weight" ->
                gather(tensor, hidden, null);
            case "model.embed_tokens.weight", "lm_head.weight" -> gather(tensor, null, hidden);
            case "self_attn.q_proj.weight" -> gather(tensor, queries, hidden);
            case "self_attn.k_proj.weight", "self_attn.v_proj.weight" -> gather(tensor, keys, hidden);
            case "self_attn.o_proj.weight" -> gather(tensor, hidden, queries);
            case "mlp.gate_proj.weight", "mlp.up_proj.weight" -> gather(tensor, ffn, hidden);
            case "mlp.down_proj.weight" -> gather(tensor, hidden, ffn);
            case "self_attn.q_norm.weight", "self_attn.k_norm.weight" -> tensor.bytes();
            default -> throw new IllegalArgumentException(name);
        };
    }

    private static MemorySegment gather(TensorData tensor, List<Integer> rows, List<Integer> columns) {
        float[] from = FloatFormat.floats(tensor);
        int width = tensor.shape().length == 1 ? 1 : (int) tensor.shape()[1];
        float[] to = new float[from.length];
        for (int r = 0; r < from.length / width; r++) {
            for (int c = 0; c < width; c++) {
                int row = rows == null ? r : rows.get(r);
                int column = columns == null ? c : columns.get(c);
                to[r * width + c] = from[row * width + column];
            }
        }
        return FloatFormat.store(to, TensorType.F32);
    }
}
