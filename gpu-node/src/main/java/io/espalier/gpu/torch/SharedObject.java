package io.espalier.gpu.torch;

import io.espalier.gpu.Refused;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Locale;

/**
 * The header of a shared library, looked at before the library is loaded: the loader maps a file that was cut short all the
 * same, and the process dies where it touches what is missing.
 */
final class SharedObject {
    private static final int MAGIC = 0x464C457F;
    private static final int HEADER_BYTES = 64;
    private static final int CLASS_64 = 2;
    private static final int SEGMENT_BYTES = 56;
    private static final int X86_64 = 62;
    private static final int AARCH64 = 183;

    private SharedObject() {}

    /**
     * Refuses what cannot be loaded into this process.
     *
     * @throws Refused as {@code VALIDATION}, naming the file and what is wrong with it
     */
    static void require(Path file) {
        if (!System.getProperty("os.name").startsWith("Linux")) {
            return;
        }
        try (FileChannel channel = FileChannel.open(file)) {
            ByteBuffer header = read(channel, 0, HEADER_BYTES);
            if (header.remaining() < HEADER_BYTES || header.getInt(0) != MAGIC || header.get(4) != CLASS_64) {
                throw new Refused(
                        Refused.Reason.VALIDATION,
                        file + ": is no 64-bit shared library: fetch libtorch for this platform anew");
            }
            requireMachine(file, header.getShort(18));
            long needed = end(channel, header);
            if (needed > channel.size()) {
                throw new Refused(
                        Refused.Reason.VALIDATION,
                        file + ": is cut short: it has " + channel.size() + " bytes of at least " + needed
                                + ": fetch it anew");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(file.toString(), e);
        }
    }

    private static void requireMachine(Path file, short machine) {
        String arch = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
        int own = arch.equals("aarch64") ? AARCH64 : X86_64;
        if (machine != own) {
            String other = machine == AARCH64 ? "aarch64" : machine == X86_64 ? "x86-64" : "machine " + machine;
            throw new Refused(
                    Refused.Reason.VALIDATION,
                    file + ": is for " + other + ", and this JVM for " + arch + ": name a libtorch for " + arch);
        }
    }

    /** The bytes that the segments to be mapped, and the table of sections, reach to. */
    private static long end(FileChannel channel, ByteBuffer header) throws IOException {
        long segments = header.getLong(32);
        int count = Short.toUnsignedInt(header.getShort(56));
        long sections = header.getLong(40);
        long end =
                sections + (long) Short.toUnsignedInt(header.getShort(58)) * Short.toUnsignedInt(header.getShort(60));
        end = Math.max(end, segments + (long) count * SEGMENT_BYTES);
        for (int i = 0; i < count; i++) {
            ByteBuffer segment = read(channel, segments + (long) i * SEGMENT_BYTES, SEGMENT_BYTES);
            if (segment.remaining() == SEGMENT_BYTES) {
                end = Math.max(end, segment.getLong(8) + segment.getLong(32));
            }
        }
        return end;
    }

    private static ByteBuffer read(FileChannel channel, long at, int bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
        while (buffer.hasRemaining() && channel.read(buffer, at + buffer.position()) > 0) {}
        return buffer.flip();
    }
}
