package io.espalier.streams.transport;

import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;

/** The secret that both ends of a link share. Each sender derives its own AES key from it, so any number may use it. */
public final class FrameKey {
    /** Bytes of a key. */
    public static final int BYTES = 32;

    private final SecretKey secret;

    private FrameKey(byte[] bytes) {
        secret = new SecretKeySpec(bytes, "Generic");
    }

    /**
     * A key from outside.
     *
     * @param bytes {@link #BYTES} of them, from a good source of randomness
     */
    public static FrameKey of(byte[] bytes) {
        if (bytes.length != BYTES) {
            throw new IllegalArgumentException("FrameKey: " + bytes.length + " bytes: must be " + BYTES);
        }
        return new FrameKey(bytes);
    }

    /** A new key, to be told to both ends by a channel that is itself safe. */
    public static FrameKey random(SecureRandom random) {
        byte[] bytes = new byte[BYTES];
        random.nextBytes(bytes);
        FrameKey key = new FrameKey(bytes);
        Arrays.fill(bytes, (byte) 0);
        return key;
    }

    /** The bytes, to be told to the other end. */
    public byte[] bytes() {
        return secret.getEncoded();
    }

    SecretKey secret() {
        return secret;
    }

    /** Tells nothing of the key's bytes. */
    @Override
    public String toString() {
        return "FrameKey";
    }
}
