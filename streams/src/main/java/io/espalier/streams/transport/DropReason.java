package io.espalier.streams.transport;

/** The reason for which a frame that came was not given to its receiver. */
public enum DropReason {
    /** It is none: too short, another version, a shape that cannot be. */
    MALFORMED,
    /** Its bytes are not those that were sent. */
    CORRUPT,
    /** It is larger than any may be. */
    OVERSIZED,
    /** Its number or its message's has been seen. */
    REPLAYED,
    /** It is of another job, link or epoch. */
    FOREIGN,
    /** Its sender went away, gave up or began anew before all of it was there. */
    INCOMPLETE,
    /** It is sealed and nobody expected it to be, or the other way round. */
    SEALED_OTHERWISE,
    /** The seal does not fit: another key, or a changed byte. */
    FORGED
}
