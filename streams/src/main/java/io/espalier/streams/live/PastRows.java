package io.espalier.streams.live;

import io.espalier.gpu.batch.Provenance;
import io.espalier.streams.batch.Row;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A reservoir of the live rows of the past, on disk: each stretch of rows since the beginning is in it with the same
 * probability (Vitter's algorithm R over files of {@value #OF_A_FILE} rows). Its content, and the rows drawn from it,
 * depend on the position and the seed alone: files are only appended to, and stay until no checkpoint can ask for them.
 * Used by one thread.
 */
final class PastRows implements AutoCloseable {
    static final int OF_A_FILE = 64;

    /** The step of SplittableRandom: a seed this much further gives its next number. */
    private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

    private static final Pattern NAME = Pattern.compile("(\\d{12})\\.rows");
    /** The mark of an id that is no target. */
    private static final int NOT_COUNTED = 1 << 31;
    /** The mark of an id at which a document begins that does not see those before. */
    private static final int BEGINS = 1 << 30;

    private final Path directory;
    private final int capacity;
    private final int seqLength;
    private final long seed;
    private final List<Long> segments;
    private long rows;
    private long draws;
    private FileChannel filling;

    /**
     * Opens the rows as they were at a position; later ones are dropped.
     *
     * @param run whose directory they are in
     * @param capacity rows
     */
    PastRows(Path run, int capacity, int seqLength, long seed, PastPosition from) {
        this.directory = directory(run, seqLength);
        this.capacity = Math.max(1, capacity / OF_A_FILE);
        this.seqLength = seqLength;
        this.seed = seed;
        this.segments = new ArrayList<>(from.segments());
        this.rows = from.rows();
        this.draws = from.draws();
        try {
            Files.createDirectories(directory);
            for (long number : numbers(directory)) {
                if (number > rows / OF_A_FILE) {
                    Files.delete(file(number));
                }
            }
            open();
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /** Rows of another length are others. */
    private static Path directory(Path run, int seqLength) {
        return run.resolve("past-" + seqLength);
    }

    private static List<Long> numbers(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> NAME.matcher(file.getFileName().toString()))
                    .filter(Matcher::matches)
                    .map(name -> Long.parseLong(name.group(1)))
                    .toList();
        }
    }

    private Path file(long number) {
        return directory.resolve(String.format(Locale.ROOT, "%012d.rows", number));
    }

    private void open() throws IOException {
        filling = FileChannel.open(
                file(rows / OF_A_FILE), StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        filling.truncate(rows % OF_A_FILE * rowBytes());
    }

    private long rowBytes() {
        return (seqLength + 1L) * Integer.BYTES;
    }

    /** Takes in a live row. */
    void add(Row row) {
        ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(rowBytes())).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i <= seqLength; i++) {
            bytes.putInt(row.ids()[i] | (row.counted()[i] ? 0 : NOT_COUNTED));
        }
        for (int at : row.begins()) {
            bytes.putInt(at * Integer.BYTES, bytes.getInt(at * Integer.BYTES) | BEGINS);
        }
        bytes.flip();
        try {
            long at = rows % OF_A_FILE * rowBytes();
            while (bytes.hasRemaining()) {
                filling.write(bytes, at + bytes.position());
            }
            rows++;
            if (rows % OF_A_FILE == 0) {
                filling.close();
                keep(rows / OF_A_FILE - 1);
                open();
            }
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private void keep(long number) {
        if (segments.size() < capacity) {
            segments.add(number);
            return;
        }
        long place = new SplittableRandom(seed + GOLDEN_GAMMA * number).nextLong(number + 1);
        if (place < capacity) {
            segments.set((int) place, number);
        }
    }

    /** Draws a row of the reservoir; null while it holds none, and where the disk has lost it. */
    Row draw() {
        if (segments.isEmpty()) {
            return null;
        }
        SplittableRandom random = new SplittableRandom(~seed + GOLDEN_GAMMA * draws++);
        Path file = file(segments.get(random.nextInt(segments.size())));
        int row = random.nextInt(OF_A_FILE);
        ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(rowBytes())).order(ByteOrder.LITTLE_ENDIAN);
        if (!Files.exists(file)) {
            return null;
        }
        try (FileChannel in = FileChannel.open(file, StandardOpenOption.READ)) {
            while (bytes.hasRemaining()) {
                if (in.read(bytes, row * rowBytes() + bytes.position()) < 0) {
                    return null;
                }
            }
        } catch (IOException e) {
            throw failed(e);
        }
        return row(bytes.flip(), new Provenance(file.toString(), 0, row, row + 1L));
    }

    private Row row(ByteBuffer bytes, Provenance provenance) {
        int[] ids = new int[seqLength + 1];
        boolean[] counted = new boolean[seqLength + 1];
        boolean[] begins = new boolean[seqLength + 1];
        for (int i = 0; i <= seqLength; i++) {
            int stored = bytes.getInt();
            ids[i] = stored & ~(NOT_COUNTED | BEGINS);
            counted[i] = (stored & NOT_COUNTED) == 0;
            begins[i] = (stored & BEGINS) != 0;
        }
        return new Row(
                ids,
                counted,
                IntStream.rangeClosed(0, seqLength).filter(i -> begins[i]).toArray(),
                List.of(provenance));
    }

    PastPosition position() {
        return new PastPosition(rows, segments, draws);
    }

    /** Deletes the files that no position from this one on can ask for: what has left the reservoir never comes back. */
    static void forget(Path run, int seqLength, PastPosition oldest) {
        Path directory = directory(run, seqLength);
        try {
            if (Files.isDirectory(directory)) {
                for (long number : numbers(directory)) {
                    if (number < oldest.rows() / OF_A_FILE && !oldest.segments().contains(number)) {
                        Files.deleteIfExists(directory.resolve(String.format(Locale.ROOT, "%012d.rows", number)));
                    }
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(directory.toString(), e);
        }
    }

    private UncheckedIOException failed(IOException e) {
        return new UncheckedIOException(directory.toString(), e);
    }

    @Override
    public void close() {
        try {
            filling.close();
        } catch (IOException e) {
            throw failed(e);
        }
    }
}
