package io.espalier.actors.client;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * How a client and a daemon that know the same token show it to each other without sending it: HMAC-SHA256 (RFC 2104) with
 * the token's SHA-256 as its key. The challenge is the client's nonce, a point, and the daemon's ticket.
 */
public final class TokenProof {
    /** Of the header Authorization: {@code Espalier NONCE.TICKET.PROOF}. */
    public static final String SCHEME = "Espalier ";

    private static final String ALGORITHM = "HmacSHA256";

    private final SecretKeySpec key;

    private TokenProof(byte[] digest) {
        this.key = new SecretKeySpec(digest, ALGORITHM);
    }

    /** One who knows the token. */
    public static TokenProof of(String token) {
        try {
            return new TokenProof(
                    MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.ISO_8859_1)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** One who knows the token's digest. */
    public static TokenProof ofDigest(byte[] digest) {
        return new TokenProof(digest);
    }

    /** What a daemon that listens on this port shows: another port's answer is another, so that it cannot be passed on. */
    public String server(String challenge, int port) {
        return proof("server " + port + " " + challenge);
    }

    /** What a client shows. */
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
