package io.espalier.actors.report;

import io.espalier.gpu.disk.AtomicFile;
import io.espalier.proto.tensorboard.Event;
import io.espalier.proto.tensorboard.Summary;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/**
 * Scalars in a file that TensorBoard reads: length-delimited events, each length and payload followed by its masked
 * CRC-32C (the TFRecord framing).
 */
public final class EventFile implements AutoCloseable {
    private static final int MASK_DELTA = 0xa282ead8;
    private static final Pattern NAME = Pattern.compile("events\\.out\\.tfevents\\.\\d+\\.espalier");
    /** Bytes before an event, and those with the ones after it. */
    private static final int HEAD = 12;

    private static final int FRAME = 16;

    private final Path file;
    private final OutputStream out;

    /**
     * Starts a file in the directory; its name carries the start time, as TensorBoard expects.
     *
     * @param after what earlier files hold of later steps, which a run that resumes will take once more, is dropped
     */
    public EventFile(Path directory, double startSeconds, long after) {
        this.file = free(directory, (long) startSeconds);
        try {
            for (Path earlier : earlier(directory)) {
                keepUpTo(earlier, after);
            }
            this.out = new BufferedOutputStream(Files.newOutputStream(file));
        } catch (IOException e) {
            throw new UncheckedIOException(file.toString(), e);
        }
        write(Event.newBuilder()
                .setWallTime(startSeconds)
                .setFileVersion("brain.Event:2")
                .build());
    }

    /** Two starts within a second have two files. */
    private static Path free(Path directory, long startSeconds) {
        long seconds = startSeconds;
        Path file = named(directory, seconds);
        while (Files.exists(file)) {
            file = named(directory, ++seconds);
        }
        return file;
    }

    private static Path named(Path directory, long seconds) {
        return directory.resolve(String.format(Locale.ROOT, "events.out.tfevents.%010d.espalier", seconds));
    }

    private static List<Path> earlier(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(
                            path -> NAME.matcher(path.getFileName().toString()).matches())
                    .sorted()
                    .toList();
        }
    }

    /** Drops the events after a step, and with them an event that was cut short when the process was killed. */
    private static void keepUpTo(Path file, long step) throws IOException {
        ByteBuffer all = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        ByteArrayOutputStream kept = new ByteArrayOutputStream(all.capacity());
        int at = 0;
        while (all.capacity() - at >= FRAME) {
            long size = all.getLong(at) + FRAME;
            if (size < FRAME || size > all.capacity() - at) {
                break;
            }
            int length = (int) size;
            if (Event.parseFrom(all.slice(at + HEAD, length - FRAME)).getStep() <= step) {
                kept.write(all.array(), at, length);
            }
            at += length;
        }
        if (kept.size() < all.capacity()) {
            AtomicFile.write(file, kept.toByteArray());
        }
    }

    public void write(double wallSeconds, long step, Map<String, Double> scalars) {
        Summary.Builder summary = Summary.newBuilder();
        scalars.forEach((tag, value) ->
                summary.addValue(Summary.Value.newBuilder().setTag(tag).setSimpleValue(value.floatValue())));
        write(Event.newBuilder()
                .setWallTime(wallSeconds)
                .setStep(step)
                .setSummary(summary)
                .build());
    }

    private void write(Event event) {
        byte[] payload = event.toByteArray();
        byte[] length = ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(payload.length)
                .array();
        ByteBuffer frame = ByteBuffer.allocate(payload.length + 16).order(ByteOrder.LITTLE_ENDIAN);
        frame.put(length).putInt(maskedCrc(length)).put(payload).putInt(maskedCrc(payload));
        try {
            out.write(frame.array());
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(file.toString(), e);
        }
    }

    static int maskedCrc(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return Integer.rotateRight((int) crc.getValue(), 15) + MASK_DELTA;
    }

    public Path file() {
        return file;
    }

    @Override
    public void close() {
        try {
            out.close();
        } catch (IOException e) {
            throw new UncheckedIOException(file.toString(), e);
        }
    }
}
