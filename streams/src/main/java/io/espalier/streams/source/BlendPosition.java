package io.espalier.streams.source;

import java.util.Collections;
import java.util.List;

/**
 * The place up to which a {@link Blend} has been read.
 *
 * @param draws files drawn so far
 * @param files in the blend's order
 */
public record BlendPosition(long draws, List<FilePosition> files) {
    /**
     * The place up to which one file has been read.
     *
     * @param documents that it gave
     * @param characters of them all
     * @param passed of the documents, those of whole passes over the file before this one
     */
    public record FilePosition(long documents, long characters, long passed, boolean ended) {
        private static final FilePosition START = new FilePosition(0, 0, 0, false);
    }

    public BlendPosition {
        files = List.copyOf(files);
    }

    public static BlendPosition start(int files) {
        return new BlendPosition(0, Collections.nCopies(files, FilePosition.START));
    }
}
