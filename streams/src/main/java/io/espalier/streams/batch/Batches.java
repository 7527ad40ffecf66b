package io.espalier.streams.batch;

import static io.espalier.gpu.Refused.setting;

import io.espalier.gpu.Refused;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.streams.source.Blend;
import io.espalier.streams.source.Sequence;
import io.espalier.streams.source.TextFile;
import java.util.List;
import java.util.concurrent.Executor;
import org.apache.pekko.NotUsed;
import org.apache.pekko.japi.function.Creator;
import org.apache.pekko.stream.javadsl.Source;

/**
 * Token batches from text. Every stage works on demand: a consumer that stops pulling stops the reading of files. The
 * same settings give the same batches.
 */
public final class Batches {
    private final BatchSettings settings;
    private final EncodedSource documents;

    /** @param executor where documents are tokenised */
    public Batches(BatchSettings settings, Tokenizer tokenizer, Executor executor) {
        if (settings.files().isEmpty()) {
            throw new Refused(Refused.Reason.USAGE, setting("data") + ": must name a file or directory of text");
        }
        this.settings = settings;
        this.documents = new EncodedSource(
                new DocumentEncoder(tokenizer, settings.vocabSize()), settings.parallelism(), executor);
    }

    /** Files blended and rows shuffled, epoch after epoch, for ever; each epoch draws anew, unless all are to be the same. */
    public Source<TokenBatch, NotUsed> training() {
        return training(TextPosition.epoch(0, settings.files().size()), 0);
    }

    /**
     * Goes on with training batches at a position that one of them gave as {@link TokenBatch#next}.
     *
     * @param batches how many came before
     */
    public Source<TokenBatch, NotUsed> training(TextPosition from, long batches) {
        int first = Math.toIntExact(from.epoch());
        Source<Source<Row, NotUsed>, NotUsed> epochs = Source.range(first, Integer.MAX_VALUE - 1)
                .map(epoch -> shuffled(
                        epoch == first
                                ? from
                                : TextPosition.epoch(epoch, settings.files().size())));
        return settings.sameEpochs()
                ? numbered(epochs.flatMapConcat(rows -> rows.grouped(settings.rows())), batches)
                : batches(epochs.flatMapConcat(rows -> rows), batches);
    }

    /** The number on which, besides the seed, the draw and the shuffle of an epoch depend. */
    private long orderOf(TextPosition position) {
        return settings.sameEpochs() ? 0 : position.epoch();
    }

    /** Files in their order, rows in theirs, once; the last batch may have fewer rows. */
    public Source<TokenBatch, NotUsed> evaluation() {
        Creator<Sequence> open = () -> new Sequence(settings.files(), settings.reading());
        Source<Row, NotUsed> rows = documents.of(open, _ -> null).statefulMapConcat(() -> {
            Packer packer = new Packer(settings.seqLength(), settings.documents(), Unpacked.NONE);
            RowCount count = new RowCount();
            return next -> {
                if (next.isPresent()) {
                    return count.of(packer.add(next.get().encoded(), next.get().provenance()));
                }
                requireRows(count);
                return List.of();
            };
        });
        return batches(rows, 0);
    }

    private Source<TokenBatch, NotUsed> batches(Source<Row, NotUsed> rows, long first) {
        return numbered(rows.grouped(settings.rows()), first);
    }

    private Source<TokenBatch, NotUsed> numbered(Source<List<Row>, NotUsed> groups, long first) {
        return groups.zipWithIndex()
                .map(pair -> RowGroup.batch(
                        pair.first(),
                        first + pair.second(),
                        pair.first().getLast().next()));
    }

    /** The rows of what is left of one epoch. */
    private Source<Row, NotUsed> shuffled(TextPosition from) {
        Creator<Blend> open = () -> new Blend(
                settings.files(),
                settings.weights(),
                settings.reading(),
                settings.seed() + orderOf(from),
                from.blend());
        return documents
                .of(open, Blend::position)
                .statefulMapConcat(() -> {
                    Packer packer = new Packer(settings.seqLength(), settings.documents(), from.rest());
                    BlockShuffle shuffle =
                            new BlockShuffle(settings.shuffleWindow(), settings.seed(), orderOf(from), from.after(0));
                    RowCount count = new RowCount();
                    return next -> {
                        if (next.isPresent()) {
                            List<Row> rows =
                                    packer.add(next.get().encoded(), next.get().provenance());
                            return shuffle.add(count.of(rows), next.get().after(), packer::rest);
                        }
                        if (from.blend().draws() == 0) {
                            requireRows(count);
                        }
                        return shuffle.end();
                    };
                })
                .drop(from.rowsTaken());
    }

    private static final class RowCount {
        private long rows;

        List<Row> of(List<Row> more) {
            rows += more.size();
            return more;
        }
    }

    private void requireRows(RowCount count) {
        if (count.rows == 0) {
            throw Refused.invalid(
                    settings.files().stream().map(TextFile::path).toList(),
                    "text",
                    "too short",
                    "must fill at least one row of " + (settings.seqLength() + 1) + " tokens");
        }
    }
}
