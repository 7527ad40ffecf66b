package io.espalier.actors.node;

import java.nio.file.Path;

/**
 * PEM files that a node proves itself with.
 *
 * @param key private, PKCS#8
 * @param certificate of the key, then those that lead to the authority
 * @param trust authorities whose certificates other nodes must have
 */
public record TlsFiles(Path key, Path certificate, Path trust) {}
