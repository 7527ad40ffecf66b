package io.espalier.actors.report;

import io.espalier.proto.tensorboard.Event;
import io.espalier.proto.tensorboard.Summary;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * Scalars in a file that TensorBoard reads: length-delimited events, each length and payload followed by its masked
 * CRC-32C (the TFRecord framing).
 */
public final class EventFile implements AutoCloseable {
    private static final int MASK_DELTA = 0xa282ead8;

    private final Path file;
    private final OutputStream out;

    /** Starts a file in the directory; its name carries the start time, as TensorBoard expects. */
    public EventFile(Path directory, double startSeconds) {
        this.file = directory.resolve(String.format("events.out.tfevents.%010d.espalier", (long) startSeconds));
        try {
            this.out = new BufferedOutputStream(Files.newOutputStream(file));
        } catch (IOException e) {
            throw new UncheckedIOException(file.toString(), e);
        }
        write(Event.newBuilder()
                .setWallTime(startSeconds)
                .setFileVersion("brain.Event:2")
                .build());
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
