package io.espalier.streams.source;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** Several files one after the other, in the order given; one is open at a time. */
public final class Sequence implements DocumentReader {
    private final Deque<TextFile> files;
    private final ReadSettings settings;
    private DocumentReader open;

    public Sequence(List<TextFile> files, ReadSettings settings) {
        this.files = new ArrayDeque<>(files);
        this.settings = settings;
    }

    @Override
    public Document next() {
        while (true) {
            if (open == null && files.isEmpty()) {
                return null;
            }
            if (open == null) {
                open = files.poll().open(settings);
            }
            Document document = open.next();
            if (document != null) {
                return document;
            }
            close();
        }
    }

    @Override
    public void close() {
        if (open != null) {
            open.close();
            open = null;
        }
    }
}
