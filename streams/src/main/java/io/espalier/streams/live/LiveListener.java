package io.espalier.streams.live;

import io.espalier.gpu.batch.Provenance;

/** Told what happens on a live stream, by its threads: must not wait. */
public interface LiveListener {
    /** A record was taken in that nothing can be learnt from. */
    void deadLetter(DeadLetter letter);

    /** A record was dropped as its key had come before. */
    void duplicate(Provenance record, String key);

    /** A source found text gone or damaged, and has gone on. */
    void sourceError(String source, String why);

    /** A source, or a part of it, cannot be read, and is tried again: told when it begins, and with null when it ends. */
    void sourceTrouble(String source, String why);

    /** The share of dead records is above its bound; told once until as many more have come. */
    void tooManyDeadLetters(String why);
}
