package io.espalier.streams.source;

import io.espalier.gpu.batch.Provenance;

/** Lines of JSON objects; blank lines are passed over. A document's offset is its line, counted from 0. */
final class JsonLinesReader implements DocumentReader {
    private final TextFile file;
    private final ReadSettings settings;
    private final LineReader lines;

    JsonLinesReader(TextFile file, ReadSettings settings) {
        this.file = file;
        this.settings = settings;
        this.lines = new LineReader(file, settings.maxLineBytes());
    }

    @Override
    public Document next() {
        for (String json = lines.next(); json != null; json = lines.next()) {
            Provenance provenance = new Provenance(file.path().toString(), 0, lines.line(), lines.line() + 1);
            Document document = JsonRecord.read(json, settings, lines.where(), provenance);
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
                lines.next();
            }
        }
    }

    @Override
    public void close() {
        lines.close();
    }
}
