package io.espalier.streams.source;

import io.espalier.gpu.Refused;
import io.espalier.gpu.checkpoint.Sha256;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.List;

/** Text that is scored must not be text that was learnt from. */
public final class HeldOutText {
    private HeldOutText() {}

    /** Refuses held-out files that are also among the others, under the same name or as a copy. */
    public static void requireApart(List<TextFile> learnt, List<TextFile> heldOut) {
        for (TextFile file : heldOut) {
            for (TextFile other : learnt) {
                if (same(file, other)) {
                    throw new Refused(
                            Refused.Reason.VALIDATION,
                            file.path() + ": held-out text is the same as " + other.path()
                                    + ", which is learnt from: must be other text");
                }
            }
        }
    }

    private static boolean same(TextFile one, TextFile other) {
        try {
            return Files.isSameFile(one.path(), other.path())
                    || (Files.size(one.path()) == Files.size(other.path())
                            && Sha256.ofFile(one.path()).equals(Sha256.ofFile(other.path())));
        } catch (IOException e) {
            throw new UncheckedIOException(one.path() + ", " + other.path(), e);
        }
    }
}
