package io.espalier.streams.transport;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The seals of all senders that one receiver has known, so that what one sent is not taken again from another session. Only a
 * message that was truly sealed adds to them, and they are bounded: a link that has used them up needs a new key.
 */
final class SealRing {
    static final int MAX_SENDERS = 4096;

    private final FrameKey key;
    private final Map<ByteBuffer, Seal> known = new HashMap<>();

    SealRing(FrameKey key) {
        this.key = key;
    }

    /** The seal of this salt, known or not; empty when no further sender may be known. */
    Optional<Seal> of(byte[] salt) {
        Seal seal = known.get(ByteBuffer.wrap(salt));
        if (seal != null) {
            return Optional.of(seal);
        }
        return known.size() < MAX_SENDERS ? Optional.of(Seal.of(key, salt)) : Optional.empty();
    }

    void know(Seal seal) {
        known.putIfAbsent(ByteBuffer.wrap(seal.salt()), seal);
    }
}
