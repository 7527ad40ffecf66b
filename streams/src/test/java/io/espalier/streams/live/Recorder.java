package io.espalier.streams.live;

import io.espalier.gpu.batch.Provenance;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Remembers all that it is told. */
final class Recorder implements LiveListener {
    final List<DeadLetter> dead = new CopyOnWriteArrayList<>();
    final List<String> duplicates = new CopyOnWriteArrayList<>();
    final List<String> errors = new CopyOnWriteArrayList<>();
    final List<String> recovered = new CopyOnWriteArrayList<>();
    final List<String> tooMany = new CopyOnWriteArrayList<>();

    @Override
    public void deadLetter(DeadLetter letter) {
        dead.add(letter);
    }

    @Override
    public void duplicate(Provenance record, String key) {
        duplicates.add(key);
    }

    @Override
    public void sourceError(String source, String why) {
        errors.add(source + ": " + why);
    }

    /** Remembers a trouble as an error, and its end as the source's recovery. */
    @Override
    public void sourceTrouble(String source, String why) {
        if (why == null) {
            recovered.add(source);
        } else {
            errors.add(source + ": " + why);
        }
    }

    @Override
    public void tooManyDeadLetters(String why) {
        tooMany.add(why);
    }
}
