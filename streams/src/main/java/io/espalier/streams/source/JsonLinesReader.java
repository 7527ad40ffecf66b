package io.espalier.streams.source;

import io.espalier.gpu.Refused;
import io.espalier.gpu.batch.Provenance;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** Lines of JSON objects; blank lines are passed over. A document's offset is its line, counted from 0. */
final class JsonLinesReader implements DocumentReader {
    private final TextFile file;
    private final ReadSettings settings;
    private final InputStream in;
    private long line = -1;

    JsonLinesReader(TextFile file, ReadSettings settings) {
        this.file = file;
        this.settings = settings;
        this.in = file.stream();
    }

    @Override
    public Document next() {
        for (String json = nextFullLine(); json != null; json = nextFullLine()) {
            Provenance provenance = new Provenance(file.path().toString(), 0, line, line + 1);
            Document document = JsonRecord.read(json, settings, where(), provenance);
            if (document != null) {
                return document;
            }
        }
        return null;
    }

    /** Lines alone, without a look at what they hold, unless some of them were passed over. */
    @Override
    public void skip(long documents) {
        for (long i = 0; i < documents; i++) {
            if (settings.skipNulls()) {
                next();
            } else {
                nextFullLine();
            }
        }
    }

    private String nextFullLine() {
        String json = nextLine();
        while (json != null && json.isBlank()) {
            json = nextLine();
        }
        return json;
    }

    private String nextLine() {
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream(1024);
            int b = in.read();
            if (b < 0) {
                return null;
            }
            line++;
            for (; b >= 0 && b != '\n'; b = in.read()) {
                if (bytes.size() == settings.maxLineBytes()) {
                    throw Refused.invalid(
                            where(),
                            "line",
                            "over " + settings.maxLineBytes() + " bytes",
                            "must be shorter (--max-line-mib)");
                }
                bytes.write(b);
            }
            return StrictUtf8.decode(bytes.toByteArray(), bytes.size(), where());
        } catch (IOException e) {
            throw file.unreadable(e);
        }
    }

    /** File and line as editors count them. */
    private String where() {
        return file.path() + ":" + (line + 1);
    }

    @Override
    public void close() {
        try {
            in.close();
        } catch (IOException e) {
            throw new UncheckedIOException(file.path().toString(), e);
        }
    }
}
