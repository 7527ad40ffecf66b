package io.espalier.actors.node;

import io.espalier.actors.settings.SelfSigned;
import io.espalier.gpu.Refused;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * The key and the certificate by which the members of a cluster on one host prove themselves where no TLS files are
 * given. All members have and trust the same pair, in a directory that their user alone can enter. To have the key is
 * to be that user.
 */
final class Identity {
    private static final String KEY = "key.pem";
    private static final String CERTIFICATE = "certificate.pem";

    private Identity() {}

    /** The directory of all nodes that a user has on this host, unless the settings name another. */
    static Path ofUser() {
        return Path.of(System.getProperty("user.home"), ".local", "state", "espalier", "identity");
    }

    /** The files of a directory that is there. */
    static TlsFiles in(Path directory) {
        Path certificate = directory.resolve(CERTIFICATE);
        return new TlsFiles(directory.resolve(KEY), certificate, certificate);
    }

    /** Makes a new one in place of what is there: for a node and its children. */
    static TlsFiles renew(Path directory) {
        try {
            prepare(directory);
            Files.deleteIfExists(directory.resolve(CERTIFICATE));
            return made(directory);
        } catch (IOException e) {
            throw unusable(directory, e);
        }
    }

    /** The key and certificate of a directory, which the first of several nodes makes. */
    static TlsFiles shared(Path directory) {
        try {
            prepare(directory);
            try (FileChannel lock = FileChannel.open(
                            directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    var _ = lock.lock()) {
                return Files.exists(directory.resolve(CERTIFICATE)) ? in(directory) : made(directory);
            }
        } catch (IOException e) {
            throw unusable(directory, e);
        }
    }

    /** Others must neither read nor have planted what lies in it. */
    private static void prepare(Path directory) throws IOException {
        Files.createDirectories(directory.toAbsolutePath().getParent());
        try {
            Files.createDirectory(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } catch (FileAlreadyExistsException e) {
            PosixFileAttributes found =
                    Files.readAttributes(directory, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            boolean ours = found.isDirectory()
                    && found.owner().equals(Files.getOwner(Path.of("/proc/self")))
                    && PosixFilePermissions.toString(found.permissions()).equals("rwx------");
            if (!ours) {
                throw new Refused(
                        Refused.Reason.BAD_CONFIGURATION,
                        directory
                                + ": must be a directory of this process's user, which no other may enter: chmod 700");
            }
        }
    }

    /** Takes away a key that is of no use any more, as far as that can be done. */
    static void remove(Path directory) {
        try {
            Files.deleteIfExists(directory.resolve(CERTIFICATE));
            Files.deleteIfExists(directory.resolve(KEY));
            Files.deleteIfExists(directory);
        } catch (IOException e) {
            // The next start makes another one in its place.
        }
    }

    /** The certificate comes last: where it is, the key is. */
    private static TlsFiles made(Path directory) throws IOException {
        SelfSigned made = SelfSigned.create();
        replace(directory.resolve(KEY), made.keyPem());
        replace(directory.resolve(CERTIFICATE), made.certificatePem());
        return in(directory);
    }

    private static void replace(Path file, String content) throws IOException {
        Path next = file.resolveSibling(file.getFileName() + ".next");
        Files.deleteIfExists(next);
        Files.createFile(next, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try (FileChannel channel = FileChannel.open(next, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(content.getBytes(StandardCharsets.US_ASCII)));
            channel.force(true);
        }
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private static Refused unusable(Path directory, IOException e) {
        return new Refused(
                Refused.Reason.BAD_CONFIGURATION,
                directory + ": the key of this host's nodes cannot be kept here: " + e.getMessage(),
                e);
    }
}
