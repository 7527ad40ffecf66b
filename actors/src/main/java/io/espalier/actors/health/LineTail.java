package io.espalier.actors.health;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Objects;

/**
 * Reads the lines that were added to a file since it was last looked at. A file that was replaced is read from its
 * beginning.
 */
final class LineTail {
    /** Read at one time; what is left is read the next time. */
    private static final int CHUNK = 4 << 20;

    private final Path file;
    private Object key;
    private long position;

    /**
     * The lines that have come.
     *
     * @param lines whole ones
     * @param anew whether they are from the beginning of another file than before
     */
    record Added(List<String> lines, boolean anew) {}

    LineTail(Path file) {
        this.file = file;
    }

    /** Reads the lines that have come since the last call; none where there is no file. */
    Added poll() {
        boolean anew = false;
        try {
            if (!Files.isRegularFile(file)) {
                return new Added(List.of(), false);
            }
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            if (!Objects.equals(attributes.fileKey(), key) || attributes.size() < position) {
                key = attributes.fileKey();
                position = 0;
                anew = true;
            }
            return new Added(attributes.size() > position ? read() : List.of(), anew);
        } catch (IOException e) {
            // It may be replaced this moment; it is there again at the next look.
            return new Added(List.of(), anew);
        }
    }

    private List<String> read() throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(CHUNK);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            channel.position(position);
            while (bytes.hasRemaining() && channel.read(bytes) >= 0) {
                // A channel may give less than it has.
            }
        }
        int end = bytes.position();
        while (end > 0 && bytes.get(end - 1) != '\n') {
            end--;
        }
        if (end == 0) {
            // A line longer than any that is written: it is passed over.
            position += bytes.hasRemaining() ? 0 : bytes.position();
            return List.of();
        }
        position += end;
        return new String(bytes.array(), 0, end, StandardCharsets.UTF_8).lines().toList();
    }
}
