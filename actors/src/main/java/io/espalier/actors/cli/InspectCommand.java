package io.espalier.actors.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.actors.report.Table;
import io.espalier.gpu.checkpoint.ModelDirectory;
import io.espalier.gpu.model.ModelConfig;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "inspect",
        description = "Shows a model's architecture, exact parameter count and size.",
        footer = {"", "Example:", "  espalier inspect --model models/teacher"})
final class InspectCommand implements Callable<Integer> {
    @Mixin
    private CommonOptions common;

    @Option(names = "--model", required = true, paramLabel = "DIR", description = "A Hugging Face model directory.")
    private Path model;

    @Override
    public Integer call() {
        try (ModelDirectory directory = ModelDirectory.open(model)) {
            ModelConfig config = directory.config();
            ObjectNode json = CommonOptions.object();
            json.put("model_type", config.family().modelType());
            json.put("parameters", config.parameters());
            json.put("num_hidden_layers", config.numHiddenLayers());
            json.put("hidden_size", config.hiddenSize());
            json.put("intermediate_size", config.intermediateSize());
            json.put("num_attention_heads", config.numAttentionHeads());
            json.put("num_key_value_heads", config.numKeyValueHeads());
            json.put("head_dim", config.headDim());
            json.put("vocab_size", config.vocabSize());
            json.put("tied", config.tieWordEmbeddings());
            json.put("dtype", directory.types());
            json.put("bytes", directory.bytes());
            Table table = new Table("field", "value");
            json.properties()
                    .forEach(e -> table.row(
                            e.getKey(),
                            e.getValue().isIntegralNumber()
                                    ? Table.count(e.getValue().asLong())
                                    : e.getValue().asText()));
            common.print(json, table.toText());
        }
        return 0;
    }
}
