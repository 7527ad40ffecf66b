package io.espalier.gpu.train;

import io.espalier.gpu.checkpoint.ModelDirectoryWriter;
import io.espalier.gpu.checkpoint.TensorType;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.TensorSpec;
import io.espalier.gpu.model.Weights;
import io.espalier.gpu.torch.Torch;
import java.nio.file.Path;
import java.util.function.Function;

/**
 * Writes weights from a device as a Hugging Face directory.
 *
 * @param types the stored type of each parameter
 * @param companions directory of the tokenizer and the generation settings to copy
 * @param maxShardBytes tensor bytes of one file
 */
public record ModelSaver(Function<TensorSpec, TensorType> types, Path companions, long maxShardBytes)
        implements LocalStudent.Saver {
    @Override
    public void save(Path directory, ModelConfig config, Torch torch, Weights weights) {
        try (ModelDirectoryWriter writer =
                ModelDirectoryWriter.create(directory, config, types, companions, maxShardBytes)) {
            for (TensorSpec spec : config.tensors()) {
                writer.begin(spec.name());
                torch.store(weights.get(spec.name()), types.apply(spec).dtype(), writer::write);
            }
            writer.commit();
        }
    }
}
