package io.espalier.actors.job;

import io.espalier.gpu.Refused;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The lock of a run's directory. A run alone has it to itself. The processes of one job share it, since a coordinator says
 * which of them may commit; the file's content names that job, and a process of another one changes it only while nobody has
 * the lock. So two daemons that do not know each other never write to one directory, by whatever path they name it.
 */
final class RunLock implements AutoCloseable {
    /** Times that another job may be faster between two system calls. */
    private static final int ATTEMPTS = 5;

    private static final int LONGEST_OWNER = 256;

    private final FileChannel channel;

    private RunLock(FileChannel channel) {
        this.channel = channel;
    }

    /**
     * Takes the lock.
     *
     * @param run for the reader of a refusal
     * @param file created where it is absent
     */
    static RunLock take(Path run, Path file, CommitAuthority authority) {
        try {
            FileChannel channel = FileChannel.open(
                    file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            RunLock lock = new RunLock(channel);
            try {
                String holder = authority.alone() ? lock.alone() : lock.shared(authority.owner());
                if (holder != null) {
                    throw new Refused(Refused.Reason.WRONG_STATE, run + ": is in use by another process" + holder);
                }
                return lock;
            } catch (IOException | RuntimeException e) {
                lock.close();
                throw e;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(file.toString(), e);
        }
    }

    /** Null where the lock is ours now; else what is known of who has it. */
    private String alone() throws IOException {
        return tryLock(false) == null ? "" : null;
    }

    private String shared(String owner) throws IOException {
        String holder = "";
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            try (FileLock sole = tryLock(false)) {
                if (sole != null) {
                    write(owner);
                }
            }
            FileLock shared = tryLock(true);
            if (shared == null) {
                return "";
            }
            String written = read();
            if (written.equals(owner)) {
                return null;
            }
            shared.release();
            holder = ", of " + written.lines().findFirst().orElse("another job");
        }
        return holder;
    }

    /** Null where another process has it, or another run in this one. */
    private FileLock tryLock(boolean shared) throws IOException {
        try {
            return channel.tryLock(0, Long.MAX_VALUE, shared);
        } catch (OverlappingFileLockException e) {
            return null;
        }
    }

    private void write(String owner) throws IOException {
        channel.truncate(0);
        ByteBuffer bytes = StandardCharsets.UTF_8.encode(owner);
        while (bytes.hasRemaining()) {
            channel.write(bytes, bytes.position());
        }
    }

    private String read() throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(LONGEST_OWNER);
        while (bytes.hasRemaining() && channel.read(bytes, bytes.position()) > 0) {
            // The loop reads on until all of the file is there.
        }
        return StandardCharsets.UTF_8.decode(bytes.flip()).toString();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
