package io.espalier.actors.rank;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** A process and its log. Holds the process's standard input open: it ends where that ends, so it cannot outlive this one. */
final class JvmChild implements RankChild {
    private static final int LAST_LINES = 5;
    private static final int LAST_BYTES = 4096;

    private final Process process;
    private final Path log;

    JvmChild(Process process, Path log) {
        this.process = process;
        this.log = log;
    }

    @Override
    public long pid() {
        return process.pid();
    }

    @Override
    public CompletionStage<Integer> onExit() {
        return process.onExit().thenApply(Process::exitValue);
    }

    /** Through the handle, since {@code Process.destroy} would close its standard input, which means another thing. */
    @Override
    public void terminate() {
        process.toHandle().destroy();
    }

    @Override
    public void kill() {
        process.toHandle().destroyForcibly();
    }

    @Override
    public long residentBytes() {
        try {
            return ResidentMemory.bytes(pid());
        } catch (IOException endedOrNotLinux) {
            return 0;
        }
    }

    @Override
    public String lastLines() {
        try {
            List<String> lines = tail().lines().toList();
            return String.join("\n", lines.subList(Math.max(0, lines.size() - LAST_LINES), lines.size()));
        } catch (IOException e) {
            return log + " cannot be read: " + e.getMessage();
        }
    }

    private String tail() throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "r")) {
            long from = Math.max(0, file.length() - LAST_BYTES);
            byte[] bytes = new byte[(int) (file.length() - from)];
            file.seek(from);
            file.readFully(bytes);
            return new String(bytes, StandardCharsets.UTF_8);
        }
    }
}
