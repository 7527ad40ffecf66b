package io.espalier.streams.source;

import io.espalier.gpu.Refused;
import io.espalier.gpu.batch.Provenance;
import java.io.IOException;
import java.io.InputStream;

/** A text file as its single document. */
final class PlainTextReader implements DocumentReader {
    /** A document is in memory several times over: its bytes, its characters, its tokens. */
    private static final int HEAP_SHARE = 8;

    private static final int MAX_BYTES =
            (int) Math.min(1 << 30, Runtime.getRuntime().maxMemory() / HEAP_SHARE);

    private final TextFile file;
    private boolean done;

    PlainTextReader(TextFile file) {
        this.file = file;
    }

    @Override
    public Document next() {
        if (done) {
            return null;
        }
        done = true;
        try (InputStream in = file.stream()) {
            byte[] bytes = in.readNBytes(MAX_BYTES);
            if (bytes.length == MAX_BYTES) {
                throw Refused.invalid(
                        file.path(),
                        "size",
                        "over " + (MAX_BYTES >> 20) + " MiB",
                        "must be split into documents, .jsonl with one a line, or read with a larger heap than "
                                + (Runtime.getRuntime().maxMemory() >> 20) + " MiB");
            }
            String text = StrictUtf8.decode(bytes, bytes.length, file.path());
            return new Document.Text(text, new Provenance(file.path().toString(), 0, 0, 1));
        } catch (IOException e) {
            throw file.unreadable(e);
        }
    }

    @Override
    public void close() {
        done = true;
    }
}
