package io.espalier.actors.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.actors.cli.CommandLineRun;
import io.espalier.actors.report.JsonLines;
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

    /** Enough of one domain to learn what follows what in it, and a vocabulary that has its names. */
    private static final int MANY_DOCUMENTS = 800;

    private static final int WIDER_VOCABULARY = 400;

    /** The course by which a model is trained. */
    private record Course(int seed, int steps, int batch, int seqLength, double learningRate) {}

    /** Writes it all below the directory; the models have seen little of the text. */
    public static TinyWorld create(Path directory) {
        List<Corpus.Split> splits = write(directory, DOCUMENTS);
        List<Path> training = splits.stream().map(Corpus.Split::training).toList();
        Path config = architecture(directory, documents(training), VOCABULARY, 32, 2);
        return new TinyWorld(
                training,
                splits.getFirst().heldOut(),
                train(config, training, new Course(1, 40, 4, 32, 1e-3), directory.resolve("teacher")),
                train(config, training, new Course(2, 1, 4, 32, 1e-3), directory.resolve("student")));
    }

    /**
     * Writes a world of one domain's text alone, in which the teacher knows what follows what, and the student is on
     * its way to that. Takes some ten seconds.
     */
    public static TinyWorld taught(Path directory) {
        Corpus.Split tales = write(directory, MANY_DOCUMENTS).getFirst();
        List<Path> training = List.of(tales.training());
        List<String> some = documents(training).subList(0, DOCUMENTS);
        Path config = architecture(directory, some, WIDER_VOCABULARY, 64, 3);
        return new TinyWorld(
                training,
                tales.heldOut(),
                train(config, training, new Course(1, 300, 8, 64, 3e-3), directory.resolve("teacher")),
                train(config, training, new Course(2, 150, 8, 64, 3e-3), directory.resolve("student")));
    }

    private static List<Corpus.Split> write(Path directory, int documents) {
        try {
            return Corpus.write(Files.createDirectories(directory.resolve("text")), documents, SEED);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A tokenizer learnt from the texts, and beside it the configuration of a model that fits it. */
    private static Path architecture(Path directory, List<String> texts, int vocabulary, int hidden, int layers) {
        try {
            BpeTrainer bpe = BpeTrainer.learn(texts, vocabulary);
            Path architecture = Files.createDirectories(directory.resolve("architecture"));
            Files.writeString(architecture.resolve("tokenizer.json"), bpe.tokenizerJson());
            Files.writeString(architecture.resolve("tokenizer_config.json"), bpe.tokenizerConfigJson());
            ObjectNode shape = Shapes.teacher(bpe.vocabSize());
            shape.put("hidden_size", hidden)
                    .put("intermediate_size", 2 * hidden)
                    .put("num_hidden_layers", layers);
            shape.put("head_dim", hidden / 4);
            return Files.writeString(architecture.resolve("config.json"), shape.toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> documents(List<Path> files) {
        List<String> texts = new ArrayList<>();
        for (Path file : files) {
            JsonLines.read(file)
                    .forEach(document -> texts.add(document.get("text").asText()));
        }
        return texts;
    }

    private static Path train(Path config, List<Path> text, Course course, Path out) {
        List<String> arguments = new ArrayList<>(List.of("train", "--config", config.toString(), "--data"));
        text.forEach(file -> arguments.add(file.toString()));
        arguments.addAll(List.of("--seed", "" + course.seed, "--steps", "" + course.steps));
        arguments.addAll(List.of("--batch", "" + course.batch, "--seq-length", "" + course.seqLength));
        arguments.addAll(List.of("--learning-rate", "" + course.learningRate));
        arguments.addAll(List.of("--threads", "1", "--checkpoint-every", "0", "--out", out.toString()));
        CommandLineRun run = CommandLineRun.of(arguments.toArray(String[]::new));
        assertThat(run.exitCode()).as(run.err()).isZero();
        return out;
    }
}
