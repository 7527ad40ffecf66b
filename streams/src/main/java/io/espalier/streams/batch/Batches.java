package io.espalier.streams.batch;

import io.espalier.gpu.Refused;
import io.espalier.gpu.train.Provenance;
import io.espalier.gpu.train.TokenBatch;
import io.espalier.streams.source.Blend;
import io.espalier.streams.source.Document;
import io.espalier.streams.source.DocumentReader;
import io.espalier.streams.source.Sequence;
import io.espalier.streams.source.TextFile;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.apache.pekko.NotUsed;
import org.apache.pekko.japi.function.Creator;
import org.apache.pekko.stream.javadsl.Source;

/**
 * Token batches from text. Every stage works on demand: a consumer that stops pulling stops the reading of files. The
 * same settings give the same batches.
 */
public final class Batches {
    private final BatchSettings settings;
    private final Tokenizer tokenizer;
    private final Executor executor;

    /** @param executor where documents are tokenised */
    public Batches(BatchSettings settings, Tokenizer tokenizer, Executor executor) {
        this.settings = settings;
        this.tokenizer = tokenizer;
        this.executor = executor;
    }

    /** Files blended and rows shuffled, epoch after epoch, for ever; each epoch draws anew. */
    public Source<TokenBatch, NotUsed> training() {
        return Source.range(0, Integer.MAX_VALUE - 1)
                .flatMapConcat(
                        epoch -> rows(() -> new Blend(settings.files(), settings.textField(), settings.seed() + epoch)))
                .statefulMapConcat(shuffle())
                .grouped(settings.rows())
                .zipWithIndex()
                .map(pair -> batch(pair.first(), pair.second()));
    }

    /** Files in their order, rows in theirs, once; the last batch may have fewer rows. */
    public Source<TokenBatch, NotUsed> evaluation() {
        return rows(() -> new Sequence(settings.files(), settings.textField()))
                .grouped(settings.rows())
                .zipWithIndex()
                .map(pair -> batch(pair.first(), pair.second()));
    }

    private record Tokenised(int[] ids, Provenance provenance) {}

    /** The rows of one pass over the text; refuses text that fills none. */
    private Source<Row, NotUsed> rows(Supplier<DocumentReader> open) {
        return Source.<Document, DocumentReader>unfoldResource(
                        open::get, reader -> Optional.ofNullable(reader.next()), DocumentReader::close)
                .mapAsync(
                        settings.parallelism(),
                        document -> CompletableFuture.supplyAsync(() -> tokenise(document), executor))
                .map(Optional::of)
                .concat(Source.single(Optional.<Tokenised>empty()))
                .statefulMapConcat(pack());
    }

    private Tokenised tokenise(Document document) {
        int[] ids = tokenizer.encode(document.text());
        for (int id : ids) {
            if (id >= settings.vocabSize()) {
                throw Refused.invalid(
                        document.provenance(),
                        "token id",
                        id,
                        "must be below the model's vocab_size " + settings.vocabSize() + ": is " + tokenizer.file()
                                + " its tokenizer?");
            }
        }
        return new Tokenised(ids, document.provenance());
    }

    private Creator<org.apache.pekko.japi.function.Function<Optional<Tokenised>, Iterable<Row>>> pack() {
        return () -> {
            Packer packer = new Packer(settings.seqLength(), tokenizer.endOfText());
            return document -> {
                if (document.isPresent()) {
                    return packer.add(document.get().ids(), document.get().provenance());
                }
                requireRows(packer.rows());
                return List.of();
            };
        };
    }

    private void requireRows(long rows) {
        if (rows == 0) {
            throw Refused.invalid(
                    settings.files().stream().map(TextFile::path).toList(),
                    "text",
                    "too short",
                    "must fill at least one row of " + (settings.seqLength() + 1) + " tokens");
        }
    }

    private Creator<org.apache.pekko.japi.function.Function<Row, Iterable<Row>>> shuffle() {
        return () -> new WindowShuffle(settings.shuffleWindow(), settings.seed())::add;
    }

    private TokenBatch batch(List<Row> rows, long sequence) {
        int rowLength = settings.seqLength() + 1;
        int[] ids = new int[rows.size() * rowLength];
        List<Provenance> provenance = new ArrayList<>();
        for (int r = 0; r < rows.size(); r++) {
            System.arraycopy(rows.get(r).ids(), 0, ids, r * rowLength, rowLength);
            provenance.addAll(rows.get(r).provenance());
        }
        return new TokenBatch(sequence, rows.size(), settings.seqLength(), ids, null, provenance);
    }
}
