package io.espalier.streams.live;

import io.espalier.gpu.batch.Provenance;

/** Told what happens on a live stream, by its threads: must not wait. */
public interface LiveListener {
    /** A record was taken in that nothing can be learnt from. */
    void deadLetter(DeadLetter letter);

    /** A record was dropped as its key had come before. */
    void duplicate(Provenance record, String key);

    /** A source failed or found text gone; it goes on by itself. */
    void sourceError(String source, String why);

    /** More records are dead than may be; told once until as many more have come. */
    void tooManyDeadLetters(String why);
}
