package io.espalier.streams.batch;

import io.espalier.gpu.Compared;
import io.espalier.gpu.Compared.When;
import io.espalier.gpu.Refused;
import io.espalier.streams.source.BlendWeights;
import io.espalier.streams.source.ReadSettings;
import io.espalier.streams.source.TextFile;
import java.util.List;
import java.util.Map;

/**
 * The settings by which text becomes batches.
 *
 * @param files where it comes from; none where it is live
 * @param weights what share of training text each gives
 * @param reading how their records are read
 * @param seqLength tokens of a row
 * @param rows rows of a micro-batch
 * @param seed of the draw among files and the shuffle
 * @param shuffleWindow rows within which training data is shuffled
 * @param sameEpochs whether each epoch gives the batches of the first, not an order of its own; the last batch of each
 *     may then have fewer rows
 * @param documents whether those that share a row see each other
 * @param parallelism documents tokenised at once
 * @param vocabSize of the model that will read the ids
 */
public record BatchSettings(
        @Compared(value = When.ON_STORED_TEXT, as = "data") List<TextFile> files,
        BlendWeights weights,
        ReadSettings reading,
        int seqLength,
        @Compared(as = "batch") int rows,
        long seed,
        @Compared(When.ON_STORED_TEXT) int shuffleWindow,
        @Compared(When.ON_STORED_TEXT) boolean sameEpochs,
        @Compared(as = "document-attention") DocumentAttention documents,
        @Compared(When.NEVER) int parallelism,
        @Compared(When.NEVER) int vocabSize) {
    public BatchSettings {
        files = List.copyOf(files);
        positive("seq-length", seqLength);
        positive("batch", rows);
        positive("shuffle-window", shuffleWindow);
        positive("tokenise-parallelism", parallelism);
    }

    /** The same settings for one other file. */
    public BatchSettings of(TextFile file) {
        return of(List.of(file), rows);
    }

    /** The same settings for other files, in batches of so many rows. */
    public BatchSettings of(List<TextFile> others, int rowsOfBatch) {
        return new BatchSettings(
                others,
                BlendWeights.BY_SIZE,
                reading,
                seqLength,
                rowsOfBatch,
                seed,
                shuffleWindow,
                sameEpochs,
                documents,
                parallelism,
                vocabSize);
    }

    /** These settings with documents that see each other or do not. */
    public BatchSettings with(DocumentAttention attention) {
        return new BatchSettings(
                files,
                weights,
                reading,
                seqLength,
                rows,
                seed,
                shuffleWindow,
                sameEpochs,
                attention,
                parallelism,
                vocabSize);
    }

    /** The same settings with shares of the text by globs over the files' names. */
    public BatchSettings weighted(Map<String, Double> byGlob) {
        if (sameEpochs && !byGlob.isEmpty()) {
            throw Refused.usage("same-epochs", true, "must not be used with weights: files then have no common epochs");
        }
        BlendWeights shares = BlendWeights.of(files, byGlob);
        return new BatchSettings(
                files,
                shares,
                reading,
                seqLength,
                rows,
                seed,
                shuffleWindow,
                sameEpochs,
                documents,
                parallelism,
                vocabSize);
    }

    /** The same settings with another seed, and so another order of rows. */
    public BatchSettings withSeed(long other) {
        return new BatchSettings(
                files,
                weights,
                reading,
                seqLength,
                rows,
                other,
                shuffleWindow,
                sameEpochs,
                documents,
                parallelism,
                vocabSize);
    }

    private static void positive(String option, int value) {
        if (value < 1) {
            throw Refused.usage(option, value, "must be at least 1");
        }
    }
}
