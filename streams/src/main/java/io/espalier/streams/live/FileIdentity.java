package io.espalier.streams.live;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * The marks by which a file is known again whatever it is called and however it has grown: its number on its device and
 * its beginning. A number is given to another file once it is free, and a copy has another one: then the name, and the
 * beginning, tell.
 *
 * @param name when it was seen
 * @param key number and device; empty where the file system has none
 * @param print of its first bytes; empty where it is unknown
 * @param printed how many bytes those are
 */
record FileIdentity(String name, String key, String print, int printed) {
    private static final int MOST = 1024;
    private static final int DIGITS = 32;

    static FileIdentity of(Path file, BasicFileAttributes attributes) throws IOException {
        byte[] head = head(file, MOST);
        return new FileIdentity(name(file), key(attributes), print(head), head.length);
    }

    static String key(BasicFileAttributes attributes) {
        return attributes.fileKey() == null ? "" : attributes.fileKey().toString();
    }

    static String name(Path file) {
        return file.getFileName().toString();
    }

    /** Whether a file that has this identity's number or name still begins as it did. */
    boolean isBeginningOf(Path file) throws IOException {
        byte[] head = head(file, printed);
        return print.isEmpty() || (head.length == printed && print(head).equals(print));
    }

    private static byte[] head(Path file, int bytes) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return in.readNBytes(bytes);
        }
    }

    private static String print(byte[] head) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(head);
            return HexFormat.of().formatHex(Arrays.copyOf(digest, DIGITS / 2));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
