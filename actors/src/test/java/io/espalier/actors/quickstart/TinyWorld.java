package io.espalier.actors.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.actors.cli.CommandLineRun;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Text, a tokenizer, and two models of a few thousand parameters that share it: enough to run commands on, in seconds and
 * with nothing but what is in the project.
 *
 * @param text training text of three domains
 * @param heldOut other text of the first of them
 */
public record TinyWorld(List<Path> text, Path heldOut, Path teacher, Path student) {
    private static final int DOCUMENTS = 60;
    private static final int VOCABULARY = 300;
    private static final long SEED = 3;

    /** Writes it all below the directory. */
    public static TinyWorld create(Path directory) {
        try {
            Path texts = Files.createDirectories(directory.resolve("text"));
            List<Corpus.Split> splits = Corpus.write(texts, DOCUMENTS, SEED);
            List<Path> training = splits.stream().map(Corpus.Split::training).toList();
            BpeTrainer bpe = BpeTrainer.learn(documents(training), VOCABULARY);
            Path architecture = Files.createDirectories(directory.resolve("architecture"));
            Files.writeString(architecture.resolve("tokenizer.json"), bpe.tokenizerJson());
            Files.writeString(architecture.resolve("tokenizer_config.json"), bpe.tokenizerConfigJson());
            Path config = architecture.resolve("config.json");
            Files.writeString(config, shape(bpe.vocabSize()).toString());
            return new TinyWorld(
                    training,
                    splits.getFirst().heldOut(),
                    train(config, training, 1, 40, directory.resolve("teacher")),
                    train(config, training, 2, 1, directory.resolve("student")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> documents(List<Path> files) throws IOException {
        List<String> texts = new ArrayList<>();
        for (Path file : files) {
            for (String line : Files.readAllLines(file)) {
                JsonNode document = new ObjectMapper().readTree(line);
                texts.add(document.get("text").asText());
            }
        }
        return texts;
    }

    private static ObjectNode shape(int vocabSize) {
        ObjectNode shape = Shapes.teacher(vocabSize);
        shape.put("hidden_size", 32).put("intermediate_size", 64).put("num_hidden_layers", 2);
        return shape.put("head_dim", 8);
    }

    private static Path train(Path config, List<Path> text, int seed, int steps, Path out) {
        List<String> arguments = new ArrayList<>(List.of("train", "--config", config.toString(), "--data"));
        text.forEach(file -> arguments.add(file.toString()));
        arguments.addAll(List.of("--seed", "" + seed, "--steps", "" + steps, "--batch", "4", "--seq-length", "32"));
        arguments.addAll(List.of("--threads", "1", "--checkpoint-every", "0", "--out", out.toString()));
        CommandLineRun run = CommandLineRun.of(arguments.toArray(String[]::new));
        assertThat(run.exitCode()).as(run.err()).isZero();
        return out;
    }
}
