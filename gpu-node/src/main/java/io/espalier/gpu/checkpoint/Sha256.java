package io.espalier.gpu.checkpoint;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256, as it is used here: in hexadecimal, over more than an array holds. */
public final class Sha256 {
    /** A ByteBuffer view of a segment holds less than 2 GiB. */
    private static final long MAX_VIEW_BYTES = 1L << 30;

    private static final int READ_BYTES = 1 << 20;

    private Sha256() {}

    public static MessageDigest start() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** Adds the bytes of a segment. */
    public static void update(MessageDigest digest, MemorySegment bytes) {
        for (long at = 0; at < bytes.byteSize(); at += MAX_VIEW_BYTES) {
            digest.update(bytes.asSlice(at, Math.min(MAX_VIEW_BYTES, bytes.byteSize() - at))
                    .asByteBuffer());
        }
    }

    /** Ends a digest. */
    public static String hex(MessageDigest digest) {
        return HexFormat.of().formatHex(digest.digest());
    }

    public static String of(byte[] bytes) {
        MessageDigest digest = start();
        digest.update(bytes);
        return hex(digest);
    }

    public static String ofFile(Path file) {
        MessageDigest digest = start();
        byte[] buffer = new byte[READ_BYTES];
        try (InputStream in = Files.newInputStream(file)) {
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                digest.update(buffer, 0, n);
            }
            return hex(digest);
        } catch (IOException e) {
            throw new UncheckedIOException(file.toString(), e);
        }
    }
}
