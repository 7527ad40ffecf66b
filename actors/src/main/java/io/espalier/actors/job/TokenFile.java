package io.espalier.actors.job;

import io.espalier.gpu.Refused;
import io.espalier.streams.batch.EncodedSource;
import io.espalier.streams.batch.Tokenizer;
import io.espalier.streams.source.IndexedWriter;
import io.espalier.streams.source.ReadSettings;
import io.espalier.streams.source.TextFile;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;

/**
 * Text tokenised once, for training that reads it often.
 *
 * @param documents written
 * @param empty documents left out, which have no token
 * @param tokens written, ends of text among them
 * @param bytesPerToken on disk
 */
public record TokenFile(long documents, long empty, long tokens, int bytesPerToken) {
    /**
     * Writes {@code prefix.bin} and {@code prefix.idx}, both or neither.
     *
     * @param maxTokens no further document is begun once there are as many
     * @param onTokens called with the tokens written so far
     */
    public static TokenFile write(
            Path model,
            List<TextFile> files,
            ReadSettings reading,
            int parallelism,
            long maxTokens,
            Path prefix,
            LongConsumer onTokens) {
        AtomicLong empty = new AtomicLong();
        try (Tokenizer tokenizer = Tokenizer.open(model);
                IndexedWriter writer = new IndexedWriter(prefix, tokenizer.vocabSize())) {
            BatchReader.pull(
                    executor -> EncodedSource.plain(files, reading, tokenizer, parallelism, maxTokens, executor),
                    next -> {
                        if (next.ids().length == 0) {
                            empty.incrementAndGet();
                        } else {
                            writer.add(next.ids(), next.ends());
                            onTokens.accept(writer.ids());
                        }
                    });
            if (writer.ids() == 0) {
                throw Refused.invalid(
                        files.stream().map(TextFile::path).toList(), "text", "empty", "must hold at least a token");
            }
            writer.commit();
            return new TokenFile(writer.documents(), empty.get(), writer.ids(), writer.bytesPerId());
        }
    }
}
