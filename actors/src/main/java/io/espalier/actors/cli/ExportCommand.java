package io.espalier.actors.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.actors.card.CardFacts;
import io.espalier.actors.card.CardFile;
import io.espalier.actors.report.Table;
import io.espalier.gpu.Refused;
import io.espalier.gpu.checkpoint.GgufExport;
import io.espalier.gpu.checkpoint.ModelDirectory;
import io.espalier.gpu.checkpoint.ModelDirectoryWriter;
import io.espalier.gpu.checkpoint.OllamaModelfile;
import io.espalier.gpu.checkpoint.StagedDirectory;
import io.espalier.gpu.checkpoint.TensorData;
import io.espalier.gpu.disk.DiskFault;
import io.espalier.gpu.model.TensorSpec;
import io.espalier.gpu.quant.Mixture;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "export",
        description =
                "Writes a model for others: a clean Hugging Face directory, or one GGUF file with an Ollama Modelfile"
                        + " beside it.",
        footer = {
            "",
            "Examples:",
            "  espalier export --model out/student --teacher models/teacher --format hf --out out/release",
            "  espalier export --model out/student --format gguf --gguf-type Q4_K_M --out out/student.gguf"
        })
final class ExportCommand implements Callable<Integer> {
    /** The forms in which a model can be written. */
    enum Format {
        HF,
        GGUF
    }

    @Mixin
    private OutputOptions output;

    @Mixin
    private CommonOptions common;

    @Option(names = "--model", required = true, paramLabel = "DIR", description = "The model to write.")
    private Path model;

    @Option(
            names = "--teacher",
            paramLabel = "DIR",
            description =
                    "With --format hf: writes the model's card, README.md, anew, with the shape, the license and the"
                            + " language of the model that it was made from. Without it the card that the model has goes"
                            + " along.")
    private Path teacher;

    @Option(names = "--format", required = true, paramLabel = "FORMAT", description = "hf or gguf.")
    private Format format;

    @Option(
            names = "--gguf-type",
            paramLabel = "TYPE",
            description =
                    "With --format gguf: Q8_0, Q6_K or Q4_K_M, mixed as llama.cpp mixes them (default: matrices keep"
                            + " their type).")
    private Mixture ggufType;

    @Override
    public Integer call() {
        if (teacher != null && format == Format.GGUF) {
            throw Refused.usage("--teacher", teacher, "goes into the card, which --format gguf does not have");
        }
        if (ggufType != null && format != Format.GGUF) {
            throw Refused.usage("--gguf-type", ggufType, "must be used with --format gguf");
        }
        StagedDirectory.requireFree(output.out);
        try (ModelDirectory directory = ModelDirectory.open(model)) {
            switch (format) {
                case HF -> copy(directory);
                case GGUF -> gguf(directory);
            }
            ObjectNode json = CommonOptions.object();
            json.put("format", format.name().toLowerCase(java.util.Locale.ROOT));
            json.put("parameters", directory.config().parameters());
            long bytes = format == Format.GGUF ? size(output.out) : directory.bytes();
            json.put("bytes", bytes);
            json.put("out", output.out.toString());
            common.print(
                    json,
                    new Table("field", "value")
                            .row("parameters", Table.count(directory.config().parameters()))
                            .row("bytes", Table.count(bytes))
                            .row("out", output.out.toString())
                            .toText());
        }
        return 0;
    }

    private void gguf(ModelDirectory directory) {
        StagedDirectory.requireFree(OllamaModelfile.of(output.out));
        GgufExport.write(directory, output.out, ggufType);
        OllamaModelfile.write(directory, output.out);
    }

    private static long size(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            throw new UncheckedIOException(file.toString(), e);
        }
    }

    private void copy(ModelDirectory directory) {
        try (ModelDirectoryWriter writer = ModelDirectoryWriter.create(
                output.out,
                directory.config(),
                spec -> directory.tensor(spec.name()).type(),
                directory.path(),
                output.maxShardBytes())) {
            for (TensorSpec spec : directory.config().tensors()) {
                TensorData tensor = directory.tensor(spec.name());
                writer.begin(spec.name());
                writer.write(tensor.bytes());
            }
            card(directory.path(), writer.staging());
            writer.commit();
        }
    }

    /** The model's own card goes along, unless another teacher is named than whoever wrote it knew. */
    private void card(Path from, Path to) {
        Path own = from.resolve(CardFile.NAME);
        if (teacher == null && Files.isRegularFile(own)) {
            try {
                Files.copy(own, to.resolve(CardFile.NAME));
            } catch (IOException e) {
                throw DiskFault.failure(own, e);
            }
        } else {
            CardFile.put(to, CardFacts.ofStored(from, teacher, output.out));
        }
    }
}
