package io.espalier.streams.live;

/**
 * A place in a file.
 *
 * @param bytes before it
 * @param records behind those bytes that have been read already
 * @param lines before it
 */
record FolderPlace(long bytes, long records, long lines) {
    static final FolderPlace START = new FolderPlace(0, 0, 0);
}
