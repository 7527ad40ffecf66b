package io.espalier.actors.cli;

import io.espalier.actors.program.Text;
import io.espalier.streams.batch.BatchSettings;
import io.espalier.streams.batch.DocumentAttention;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of reading and cutting text. */
final class TextOptions {
    @Mixin
    ReadOptions reading;

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
            names = "--document-attention",
            paramLabel = "WHICH",
            description =
                    "separate or shared: whether documents that are packed into one row are apart, as if each were"
                            + " alone, or see each other (default: ${DEFAULT-VALUE}).")
    DocumentAttention documentAttention;

    Text text() {
        return new Text(
                reading.settings(),
                reading.exclude,
                seqLength,
                batch,
                seed,
                shuffleWindow,
                sameEpochs,
                documentAttention,
                reading.parallelism);
    }

    BatchSettings settings(List<Path> data, int vocabSize) {
        return text().of(data, vocabSize);
    }
}
