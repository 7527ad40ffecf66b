package io.espalier.streams.batch;

import io.espalier.gpu.Contained;
import io.espalier.gpu.Refused;
import io.espalier.gpu.batch.Provenance;
import io.espalier.streams.source.BlendPosition;
import io.espalier.streams.source.Document;
import io.espalier.streams.source.DocumentReader;
import io.espalier.streams.source.ReadSettings;
import io.espalier.streams.source.Sequence;
import io.espalier.streams.source.TextFile;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.apache.pekko.NotUsed;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.japi.function.Creator;
import org.apache.pekko.stream.javadsl.Source;

/** Documents read on demand and encoded ahead, some at once, in the order of their reader. */
public final class EncodedSource {
    private final DocumentEncoder encoder;
    private final int parallelism;
    private final Executor executor;

    /** @param executor where documents are encoded, at most {@code parallelism} at once */
    EncodedSource(DocumentEncoder encoder, int parallelism, Executor executor) {
        this.encoder = encoder;
        this.parallelism = parallelism;
        this.executor = executor;
    }

    /**
     * Text of files, one after the other, once, as ids alone: what only counts in part is refused. Documents without a
     * token are empty.
     *
     * @param maxTokens no further document is begun once there are as many
     */
    public static Source<Plain, NotUsed> plain(
            List<TextFile> files,
            ReadSettings reading,
            Tokenizer tokenizer,
            int parallelism,
            long maxTokens,
            Executor executor) {
        DocumentEncoder encoder = new DocumentEncoder(tokenizer, tokenizer.vocabSize());
        return new EncodedSource(encoder, parallelism, executor)
                .of(() -> new Sequence(files, reading), _ -> null)
                .takeWhile(Optional::isPresent)
                .map(next -> next.get().plain())
                .statefulMap(
                        () -> 0L,
                        (taken, next) -> Pair.create(
                                taken + next.ids().length,
                                taken < maxTokens || next.continues() ? Optional.of(next) : Optional.<Plain>empty()),
                        _ -> Optional.empty())
                .takeWhile(Optional::isPresent)
                .map(Optional::get);
    }

    /**
     * Ids of a document, or of a piece of a long one.
     *
     * @param continues whether a piece of the same document came before
     * @param ends whether none comes behind
     */
    @SuppressWarnings("ArrayRecordComponent")
    public record Plain(int[] ids, boolean continues, boolean ends) {}

    /** A document as ids, and how far the reader was then. */
    record Read(Encoded encoded, Document document, BlendPosition after) {
        Provenance provenance() {
            return document.provenance();
        }

        Plain plain() {
            if (encoded.counted() != null) {
                throw Refused.invalid(
                        document.where(),
                        "record",
                        "one of which the answer alone counts",
                        "must be text: a file of ids cannot say which of them count");
            }
            return new Plain(encoded.ids(), document.continues(), document.ends());
        }
    }

    /** A document, or the reason why it could not be read; {@code failure} is null where it could. */
    private record Opened(Document document, BlendPosition after, Refused failure) {}

    /** An encoded document, or the reason why there is none; {@code failure} is null where there is one. */
    private record Attempt(Read read, Refused failure) {
        Optional<Read> orThrow() {
            if (failure != null) {
                throw failure;
            }
            return Optional.of(read);
        }
    }

    /**
     * Reads all documents once, and then gives an empty element. The first refused document in order is told, whichever
     * fails sooner.
     */
    <R extends DocumentReader> Source<Optional<Read>, NotUsed> of(
            Creator<R> open, Function<R, BlendPosition> position) {
        return Source.<Opened, R>unfoldResource(open, reader -> next(reader, position), DocumentReader::close)
                .mapAsync(parallelism, opened -> CompletableFuture.supplyAsync(() -> encode(opened), executor))
                .map(Attempt::orThrow)
                .concat(Source.single(Optional.<Read>empty()));
    }

    private static <R extends DocumentReader> Optional<Opened> next(R reader, Function<R, BlendPosition> position) {
        try {
            return Contained.call(
                    "the text",
                    () -> Optional.ofNullable(reader.next())
                            .map(document -> new Opened(document, position.apply(reader), null)));
        } catch (Refused e) {
            return Optional.of(new Opened(null, null, e));
        }
    }

    private Attempt encode(Opened opened) {
        if (opened.failure() != null) {
            return new Attempt(null, opened.failure());
        }
        Document document = opened.document();
        try {
            return Contained.call(
                    document.where(),
                    () -> new Attempt(new Read(encoder.encode(document), document, opened.after()), null));
        } catch (Refused e) {
            return new Attempt(null, e);
        }
    }
}
