package io.espalier.gpu.cache;

import io.espalier.gpu.checkpoint.Sha256;
import java.nio.charset.StandardCharsets;

/**
 * Everything that an entry is a function of, in words.
 *
 * @param identity lines of {@code name: value}; two that differ in any character are two entries
 * @param name SHA-256 of the identity, in hexadecimal
 */
public record StateKey(String identity, String name) {
    public static StateKey of(String identity) {
        return new StateKey(identity, Sha256.of(identity.getBytes(StandardCharsets.UTF_8)));
    }
}
