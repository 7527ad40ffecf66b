package io.espalier.actors.cli;

import io.espalier.actors.program.Text;
import io.espalier.streams.batch.BatchSettings;
import io.espalier.streams.batch.DocumentAttention;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of reading and cutting text. */
@Command(optionListHeading = "Text")
final class TextOptions {
    @Mixin
    ReadOptions reading;

    @Option(names = "--seq-length", description = "Tokens of a row.")
    int seqLength;

    @Option(names = "--batch", description = "Rows of a micro-batch.")
    int batch;

    @Option(names = "--seed", description = "Seed of every random choice.")
    long seed;

    @Option(names = "--shuffle-window", description = "Rows within which training text is shuffled.")
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
                    "Attention between documents that are packed into one row: separate, as if each were alone, or"
                            + " shared.")
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
