package io.espalier.actors.http;

import java.security.SecureRandom;
import java.util.Base64;

/** Secrets that nobody chose: 256 random bits as 43 characters, fit for a header, a file and an address. */
final class Secrets {
    private static final int BYTES = 32;
    private static final SecureRandom RANDOM = new SecureRandom();

    private Secrets() {}

    static String next() {
        byte[] bytes = new byte[BYTES];
        RANDOM.nextBytes(bytes);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }
}
