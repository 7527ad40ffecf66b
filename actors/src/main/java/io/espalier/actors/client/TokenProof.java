package io.espalier.actors.client;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The proofs by which a client and a daemon show each other that they know the same token, without sending it:
 * HMAC-SHA256 (RFC 2104) with the token's SHA-256 as its key. The challenge is the client's nonce, a point, and the
 * daemon's ticket.
 */
public final class TokenProof {
    /** The scheme in the header Authorization: {@code Espalier NONCE.TICKET.PROOF}. */
    public static final String SCHEME = "Espalier ";

    private static final String ALGORITHM = "HmacSHA256";

    private final SecretKeySpec key;

    private TokenProof(byte[] digest) {
        this.key = new SecretKeySpec(digest, ALGORITHM);
    }

    /** The proofs of a party that knows the token. */
    public static TokenProof of(String token) {
        try {
            return new TokenProof(
                    MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.ISO_8859_1)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The proofs of a party that knows the token's digest. */
    public static TokenProof ofDigest(byte[] digest) {
        return new TokenProof(digest);
    }

    /** The proof of a daemon that listens on this port. It holds for no other port, so that nobody can pass it on. */
    public String server(String challenge, int port) {
        return proof("server " + port + " " + challenge);
    }

    /** The proof of a client. */
    public String client(String challenge) {
        return proof("client " + challenge);
    }

    private String proof(String text) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            return HexFormat.of().formatHex(mac.doFinal(text.getBytes(StandardCharsets.US_ASCII)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
