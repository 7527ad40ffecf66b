package io.espalier.streams.transport;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.KDF;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.HKDFParameterSpec;

/**
 * AES-256-GCM over the messages of one sender. Its key is derived from the link's and from a salt that the sender
 * draws, so no two senders share a key, in whatever direction; the nonce is the number of the message, which only
 * rises. Belongs to one thread.
 */
final class Seal {
    static final int SALT_BYTES = 16;
    static final int TAG_BYTES = 16;

    private static final int NONCE_BYTES = 12;
    private static final int KEY_BYTES = 32;
    private static final byte[] PURPOSE = "espalier frame seal 1".getBytes(java.nio.charset.StandardCharsets.US_ASCII);

    private final byte[] salt;
    private final SecretKey key;
    private final Cipher cipher;
    private final ByteBuffer nonce = ByteBuffer.allocate(NONCE_BYTES);
    private final Order order = new Order();

    private Seal(byte[] salt, SecretKey key, Cipher cipher) {
        this.salt = salt;
        this.key = key;
        this.cipher = cipher;
    }

    static Seal fresh(FrameKey key, SecureRandom random) {
        byte[] salt = new byte[SALT_BYTES];
        random.nextBytes(salt);
        return of(key, salt);
    }

    static Seal of(FrameKey link, byte[] salt) {
        try {
            SecretKey key = KDF.getInstance("HKDF-SHA256")
                    .deriveKey(
                            "AES",
                            HKDFParameterSpec.ofExtract()
                                    .addIKM(link.secret())
                                    .addSalt(salt)
                                    .thenExpand(PURPOSE, KEY_BYTES));
            return new Seal(salt.clone(), key, Cipher.getInstance("AES/GCM/NoPadding"));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java has no HKDF-SHA256 or AES-GCM", e);
        }
    }

    byte[] salt() {
        return salt;
    }

    /** The order of this sender's messages, by which a replay is known. */
    Order order() {
        return order;
    }

    /** Begins to seal the body of one message; {@link #more} and {@link #last} give it. */
    void begin(ChunkHeader header) throws GeneralSecurityException {
        initialise(Cipher.ENCRYPT_MODE, header);
    }

    void more(ByteBuffer clear, ByteBuffer sealed) throws GeneralSecurityException {
        cipher.update(clear, sealed);
    }

    void last(ByteBuffer clear, ByteBuffer sealed) throws GeneralSecurityException {
        cipher.doFinal(clear, sealed);
    }

    /** Opens the body of one message; false if its seal does not fit. */
    boolean open(ChunkHeader header, ByteBuffer sealed, ByteBuffer clear) {
        try {
            initialise(Cipher.DECRYPT_MODE, header);
            cipher.doFinal(sealed, clear);
            return true;
        } catch (AEADBadTagException e) {
            return false;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("opening a seal", e);
        }
    }

    private void initialise(int mode, ChunkHeader header) throws GeneralSecurityException {
        nonce.putLong(NONCE_BYTES - Long.BYTES, header.counter());
        cipher.init(mode, key, new GCMParameterSpec(TAG_BYTES * Byte.SIZE, nonce.array()));
        cipher.updateAAD(header.sealedAlong());
        cipher.updateAAD(salt);
    }
}
