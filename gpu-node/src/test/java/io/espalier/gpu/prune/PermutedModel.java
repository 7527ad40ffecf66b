package io.espalier.gpu.prune;

import io.espalier.gpu.TinyModel;
import io.espalier.gpu.checkpoint.FloatFormat;
import io.espalier.gpu.checkpoint.ModelDirectory;
import io.espalier.gpu.checkpoint.TensorData;
import io.espalier.gpu.checkpoint.TensorType;
import io.espalier.gpu.model.Axis;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.TensorSpec;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * A model of the same function, written down in another order: residual channels, the neurons of each MLP, key-value
 * groups and the query heads in each of them are shuffled.
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
        TensorSpec spec = config.tensors().stream()
                .filter(each -> each.name().equals(tensor.name()))
                .findFirst()
                .orElseThrow();
        List<Axis> axes = spec.axes();
        return gather(tensor, order(axes.getFirst()), axes.size() > 1 ? order(axes.get(1)) : null);
    }

    private List<Integer> order(Axis axis) {
        return axis.spans().size() == 1 ? order(axis.spans().getFirst()) : null;
    }

    private List<Integer> order(Axis.Span span) {
        return switch (span.role()) {
            case HIDDEN -> hidden;
            case FFN -> ffn;
            case HEAD -> wide(heads, span.width());
            case GROUP -> wide(groups, span.width());
            case EXPERT, VOCABULARY, FIXED -> null;
        };
    }

    private static List<Integer> wide(List<Integer> units, int width) {
        return units.stream()
                .flatMap(unit ->
                        IntStream.range(unit * width, (unit + 1) * width).boxed())
                .toList();
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
