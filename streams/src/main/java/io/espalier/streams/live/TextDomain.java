package io.espalier.streams.live;

/** Text of one kind without an end: the same number gives the same record. Used by one thread. */
interface TextDomain extends AutoCloseable {
    /**
     * Returns a record; this is cheap where it follows the one before.
     *
     * @param ordinal from 0
     */
    String record(long ordinal);

    @Override
    void close();
}
