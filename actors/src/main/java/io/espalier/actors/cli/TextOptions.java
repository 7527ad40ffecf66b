package io.espalier.actors.cli;

import io.espalier.streams.batch.BatchSettings;
import io.espalier.streams.source.TextFile;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;

/** How text is read and cut. */
final class TextOptions {
    @Option(
            names = "--text-field",
            paramLabel = "NAME",
            description = "Field of a JSON line that holds the text (default: ${DEFAULT-VALUE}).")
    String textField;

    @Option(
            names = "--exclude",
            paramLabel = "GLOB",
            description = "Leave out files of a named directory, by paths relative to it. Repeatable.")
    List<String> exclude = List.of();

    @Option(names = "--seq-length", paramLabel = "N", description = "Tokens of a row (default: ${DEFAULT-VALUE}).")
    int seqLength;

    @Option(names = "--batch", paramLabel = "N", description = "Rows of a micro-batch (default: ${DEFAULT-VALUE}).")
    int batch;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "Seed of every random choice (default: ${DEFAULT-VALUE}).")
    long seed;

    @Option(
            names = "--shuffle-window",
            paramLabel = "N",
            description = "Rows within which training text is shuffled (default: ${DEFAULT-VALUE}).")
    int shuffleWindow;

    @Option(
            names = "--same-epochs",
            description =
                    "Every epoch has the batches of the first, in their order, so that a teacher's cache serves all"
                            + " epochs but one; otherwise each is drawn and shuffled anew.")
    boolean sameEpochs;

    @Option(
            names = "--tokenise-parallelism",
            paramLabel = "N",
            description = "Documents tokenised at once (default: ${DEFAULT-VALUE}).")
    int parallelism;

    BatchSettings settings(List<Path> data, int vocabSize) {
        List<TextFile> files = TextFile.find(data, exclude);
        return new BatchSettings(
                files, textField, seqLength, batch, seed, shuffleWindow, sameEpochs, parallelism, vocabSize);
    }
}
