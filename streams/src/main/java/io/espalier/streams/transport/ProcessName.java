package io.espalier.streams.transport;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a process's files are named after, so that the next process can remove what one that was killed has left.
 *
 * @param namespace of process numbers: containers that share memory do not know each other's processes
 * @param start seconds since 1970, as numbers are used again
 */
record ProcessName(long namespace, long pid, long start) {
    private static final Pattern TEXT = Pattern.compile("(\\d{1,18})-(\\d{1,18})-(\\d{1,18})");
    private static final ProcessName SELF =
            new ProcessName(ownNamespace(), ProcessHandle.current().pid(), started(ProcessHandle.current()));

    static ProcessName self() {
        return SELF;
    }

    /** Reads what {@link #toString} has written. */
    static Optional<ProcessName> of(String text) {
        Matcher matcher = TEXT.matcher(text);
        return matcher.matches()
                ? Optional.of(new ProcessName(
                        Long.parseLong(matcher.group(1)),
                        Long.parseLong(matcher.group(2)),
                        Long.parseLong(matcher.group(3))))
                : Optional.empty();
    }

    /** Whether it has ended, as far as this process can know. */
    boolean isDead() {
        return namespace == SELF.namespace
                && ProcessHandle.of(pid)
                        .filter(process -> started(process) == start)
                        .isEmpty();
    }

    private static long started(ProcessHandle process) {
        return process.info().startInstant().map(Instant::getEpochSecond).orElse(0L);
    }

    private static long ownNamespace() {
        try {
            String link = Files.readSymbolicLink(Path.of("/proc/self/ns/pid")).toString();
            return Long.parseLong(link.replaceAll("\\D", ""));
        } catch (IOException | UnsupportedOperationException e) {
            // Not Linux: there is but one.
            return 0;
        }
    }

    @Override
    public String toString() {
        return namespace + "-" + pid + "-" + start;
    }
}
