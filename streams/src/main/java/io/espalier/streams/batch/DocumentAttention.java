package io.espalier.streams.batch;

import java.util.Locale;

/** Whether documents that share a row see each other. */
public enum DocumentAttention {
    /** Each as if it were alone: attention, states and positions stop where one begins, whose first id is no target. */
    SEPARATE,
    /** A row is one text, whatever it is made of. */
    SHARED;

    /** The name as the option spells it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
