package io.espalier.streams.source;

import io.espalier.gpu.batch.Provenance;

/** The documents of an indexed file; a document's offset is its number. */
final class IndexedReader implements DocumentReader {
    private final TextFile file;
    private final IndexedFile tokens;
    private long next;

    IndexedReader(TextFile file) {
        this.file = file;
        this.tokens = new IndexedFile(file.path());
    }

    @Override
    public Document next() {
        if (next >= tokens.documents()) {
            return null;
        }
        long number = next++;
        return new Document.Ids(
                tokens.document(number),
                tokens.idBytes(),
                new Provenance(file.path().toString(), 0, number, number + 1));
    }

    @Override
    public void skip(long documents) {
        next += documents;
    }

    @Override
    public void close() {
        tokens.close();
    }
}
