package io.espalier.streams.source;

import io.espalier.gpu.Refused;
import io.espalier.gpu.batch.Provenance;
import java.io.IOException;
import java.io.InputStream;

/** A text file as its single document. */
final class PlainTextReader implements DocumentReader {
    private static final int MAX_BYTES = 1 << 30;

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
                        file.path(), "size", "over 1 GiB", "must be split into documents: use .jsonl, one a line");
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
