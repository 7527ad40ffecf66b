package io.espalier.actors.job;

import io.espalier.gpu.checkpoint.Sha256;
import io.espalier.streams.source.TextFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The digest by which a run knows its text again, wherever it lies: of each file its size and a digest. Up to
 * {@link #MOST} bytes of all files together are read: all where there are no more, else blocks of each file, in
 * proportion to its size, evenly spread from its beginning to its end.
 */
final class TextDigest {
    static final long MOST = 1L << 30;
    private static final int BLOCK = 1 << 16;
    private static final int DIGITS = 16;

    private TextDigest() {}

    /** Returns a line for each file: its size, its digest and its path, which is not compared. */
    static String of(List<TextFile> files) {
        return of(files, MOST);
    }

    static String of(List<TextFile> files, long most) {
        long all = files.stream().mapToLong(TextFile::bytes).sum();
        return files.stream()
                .map(file -> line(file, all <= most ? file.bytes() : (long) (most * ((double) file.bytes() / all))))
                .collect(Collectors.joining("\n"));
    }

    private static String line(TextFile file, long most) {
        String path = file.path().toString().replace('\n', ' ');
        return file.bytes() + " " + digest(file.path(), file.bytes(), most) + " " + path;
    }

    private static String digest(Path file, long bytes, long most) {
        long blocks = (bytes + BLOCK - 1) / BLOCK;
        long read = Math.min(blocks, Math.max(2, most / BLOCK + (most % BLOCK == 0 ? 0 : 1)));
        ByteArrayOutputStream sums = new ByteArrayOutputStream();
        try (FileChannel in = FileChannel.open(file)) {
            for (long i = 0; i < read; i++) {
                long block = read == 1 ? 0 : i * (blocks - 1) / (read - 1);
                sums.writeBytes(Sha256.of(block(in, block * BLOCK)).getBytes(StandardCharsets.UTF_8));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(file.toString(), e);
        }
        return Sha256.of(sums.toByteArray()).substring(0, DIGITS);
    }

    private static byte[] block(FileChannel in, long from) throws IOException {
        ByteBuffer block = ByteBuffer.allocate(BLOCK);
        while (block.hasRemaining() && in.read(block, from + block.position()) >= 0) {
            // Read on.
        }
        byte[] read = new byte[block.position()];
        block.flip().get(read);
        return read;
    }

    /** Whether two digests are of the same text, whatever its files are called. */
    static boolean isSame(String one, String other) {
        return content(one).equals(content(other));
    }

    private static List<String> content(String digest) {
        return digest.lines()
                .map(line -> line.substring(0, Math.max(0, line.indexOf(' ', line.indexOf(' ') + 1))))
                .toList();
    }

    /** The first difference between the digests of two texts, in words. */
    static String difference(String now, String then) {
        List<String> here = now.lines().toList();
        List<String> there = then.lines().toList();
        int at = 0;
        while (at < Math.min(here.size(), there.size()) && isSame(here.get(at), there.get(at))) {
            at++;
        }
        String mine = at < here.size() ? shown(here.get(at)) : "no further file";
        String known = at < there.size() ? shown(there.get(at)) : "no further file";
        return mine + ": must be the run's " + known;
    }

    private static String shown(String line) {
        String[] parts = line.split(" ", 3);
        return parts.length < 3 ? line : parts[2] + " (" + parts[0] + " bytes, digest " + parts[1] + ")";
    }
}
