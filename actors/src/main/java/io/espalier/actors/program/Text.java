package io.espalier.actors.program;

import io.espalier.gpu.Refused;
import io.espalier.streams.batch.BatchSettings;
import io.espalier.streams.batch.DocumentAttention;
import io.espalier.streams.source.BlendWeights;
import io.espalier.streams.source.ReadSettings;
import io.espalier.streams.source.TextFile;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The settings by which files of text are read and cut into rows; the files themselves are named apart from them.
 *
 * @param exclude globs of files of a directory that are left out
 * @param batch rows of a micro-batch
 * @param documentAttention whether documents that share a row see each other
 * @param parallelism documents tokenised at once
 */
public record Text(
        ReadSettings reading,
        List<String> exclude,
        int seqLength,
        int batch,
        long seed,
        int shuffleWindow,
        boolean sameEpochs,
        DocumentAttention documentAttention,
        int parallelism) {
    /** The share of the files whose names match a glob. */
    public record Weight(String glob, double share) {}

    public Text {
        exclude = List.copyOf(exclude);
    }

    /** The text of these files and directories as they are now. */
    public BatchSettings of(List<Path> data, int vocabSize) {
        return new BatchSettings(
                TextFile.find(data, exclude),
                BlendWeights.BY_SIZE,
                reading,
                seqLength,
                batch,
                seed,
                shuffleWindow,
                sameEpochs,
                documentAttention,
                parallelism,
                vocabSize);
    }

    /** The text of these files and directories, drawn by weights; by the files' sizes where there are none. */
    public BatchSettings of(List<Path> data, List<Weight> weights, int vocabSize) {
        Map<String, Double> byGlob = new LinkedHashMap<>();
        for (Weight weight : weights) {
            if (byGlob.put(weight.glob, weight.share) != null) {
                throw Refused.usage("--data-weight", weight.glob, "must be given once");
            }
        }
        return of(data, vocabSize).weighted(byGlob);
    }
}
