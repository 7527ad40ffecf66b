package io.espalier.streams.live;

import io.espalier.gpu.disk.AtomicFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * The keys of a spool's last records, as they were when a segment was begun: files may then go without their keys being
 * forgotten.
 *
 * @param upTo the records before it are counted in
 * @param hashes oldest first
 */
record SpoolKeys(long upTo, long[] hashes) {
    private static final String NAME = "keys";
    private static final int HEAD = Integer.BYTES + Long.BYTES;

    /** None where there are none that are whole: then the records that are there tell. */
    static SpoolKeys read(Path directory) throws IOException {
        Path file = directory.resolve(NAME);
        ByteBuffer bytes = ByteBuffer.wrap(Files.exists(file) ? Files.readAllBytes(file) : new byte[0]);
        if (bytes.limit() < HEAD || bytes.getInt(0) != crc(bytes.array())) {
            return new SpoolKeys(0, new long[0]);
        }
        long[] hashes = new long[(bytes.limit() - HEAD) / Long.BYTES];
        bytes.position(HEAD).asLongBuffer().get(hashes);
        return new SpoolKeys(bytes.getLong(Integer.BYTES), hashes);
    }

    void write(Path directory) {
        ByteBuffer bytes = ByteBuffer.allocate(HEAD + hashes.length * Long.BYTES);
        bytes.putInt(0).putLong(upTo);
        Arrays.stream(hashes).forEach(bytes::putLong);
        bytes.putInt(0, crc(bytes.array()));
        AtomicFile.write(directory.resolve(NAME), bytes.array());
    }

    private static int crc(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, Integer.BYTES, bytes.length - Integer.BYTES);
        return (int) crc.getValue();
    }
}
