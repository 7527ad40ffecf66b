package io.espalier.actors.http;

import io.espalier.gpu.Refused;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * The operate token of a daemon that was given none: made at each start, in a file of the state directory that its owner
 * alone can read. To be able to read it is to be the daemon's user, which to reach the loopback interface is not.
 */
record OwnToken(Path file, Token token) {
    private static final String NAME = "operate.token";

    /** Makes a token, in place of that of an earlier start. */
    static OwnToken make(Path state) {
        Path file = state.resolve(NAME);
        Path next = state.resolve(NAME + ".next");
        String secret = Secrets.next();
        try {
            Files.deleteIfExists(next);
            Files.createFile(next, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.write(next, (secret + "\n").getBytes(StandardCharsets.US_ASCII));
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            return new OwnToken(file, Token.of(secret));
        } catch (IOException e) {
            throw new Refused(
                    Refused.Reason.BAD_CONFIGURATION,
                    file + ": the daemon's own token cannot be written: " + e.getMessage(),
                    e);
        }
    }
}
