package io.espalier.actors.card;

import io.espalier.gpu.Notices;
import io.espalier.gpu.checkpoint.Sha256;
import io.espalier.gpu.disk.AtomicFile;
import io.espalier.gpu.disk.DiskFault;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/**
 * README.md of a directory. Its last line has a digest of all others, by which a card that nobody has changed is known
 * again: only such a one is ever replaced.
 */
public final class CardFile {
    public static final String NAME = "README.md";

    private static final String MARK = "<!-- written by Espalier; SHA-256 of the lines above: ";
    private static final String END = " -->\n";
    /** Bytes of a file that may be a card. */
    private static final long MAX_BYTES = 1 << 20;

    private CardFile() {}

    /** Writes the card of a directory, which is created where it is absent; what somebody else has written there stays. */
    public static void put(Path directory, CardFacts facts) {
        Path file = directory.resolve(NAME);
        try {
            if (Files.exists(file, LinkOption.NOFOLLOW_LINKS) && !isOurs(file)) {
                Notices.tell(file + ": stays as it is, for Espalier has not written it: no card is written");
                return;
            }
            Files.createDirectories(directory);
        } catch (IOException e) {
            throw DiskFault.failure(file, e);
        }
        String card = ModelCard.of(facts);
        AtomicFile.write(file, card + "\n" + MARK + digest(card) + END);
    }

    private static boolean isOurs(Path file) throws IOException {
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) || Files.size(file) > MAX_BYTES) {
            return false;
        }
        String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
        int mark = text.lastIndexOf("\n" + MARK);
        if (mark < 0) {
            return false;
        }
        return text.substring(mark + 1).equals(MARK + digest(text.substring(0, mark)) + END);
    }

    private static String digest(String card) {
        return Sha256.of(card.getBytes(StandardCharsets.UTF_8));
    }
}
