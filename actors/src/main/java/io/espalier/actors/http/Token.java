package io.espalier.actors.http;

import io.espalier.actors.client.TokenProof;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** A secret that is known by its digest alone, so that it can be neither printed nor logged. */
final class Token {
    private final byte[] digest;

    private Token(byte[] digest) {
        this.digest = digest;
    }

    static Token of(String secret) {
        try {
            return new Token(MessageDigest.getInstance("SHA-256").digest(secret.getBytes(StandardCharsets.ISO_8859_1)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The proofs that a party can give that knows the secret. */
    TokenProof proof() {
        return TokenProof.ofDigest(digest);
    }

    /** Takes the same time whatever differs. */
    @Override
    public boolean equals(Object other) {
        return other instanceof Token token && MessageDigest.isEqual(digest, token.digest);
    }

    @Override
    public int hashCode() {
        return ByteBuffer.wrap(digest).getInt();
    }

    @Override
    public String toString() {
        return "(token)";
    }
}
