package io.espalier.streams.live;

import java.util.BitSet;

/** The share of dead records among the last ones. Used by one thread. */
final class DeadShare {
    private final DeadLetterSettings settings;
    private final BitSet dead;
    private int at;

    DeadShare(DeadLetterSettings settings) {
        this.settings = settings;
        this.dead = new BitSet(settings.window());
    }

    /** Takes in a record; whether more than may be are dead, which is then counted from nothing. */
    boolean isTooMuch(boolean isDead) {
        dead.set(at, isDead);
        at = (at + 1) % settings.window();
        boolean tooMuch = isDead && dead.cardinality() > settings.maxShare() * settings.window();
        if (tooMuch) {
            dead.clear();
        }
        return tooMuch;
    }
}
