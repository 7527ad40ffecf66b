package io.espalier.actors.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.actors.TestJvm;
import io.espalier.actors.rank.ResidentMemory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The resources that a process has at one moment, as Linux tells them.
 *
 * @param residentBytes pages that the system cannot take back
 */
record ProcessUse(long residentBytes, int threads, int files) {
    private static final Pattern USED = Pattern.compile("total \\d+K, used (\\d+)K");

    static boolean known() {
        return Files.isDirectory(Path.of("/proc/self/fd"));
    }

    static ProcessUse of(long pid) throws IOException {
        Path process = Path.of("/proc", "" + pid);
        try (Stream<Path> threads = Files.list(process.resolve("task"));
                Stream<Path> files = Files.list(process.resolve("fd"))) {
            return new ProcessUse(ResidentMemory.bytes(pid), (int) threads.count(), (int) files.count());
        }
    }

    /** Bytes of the Java heap that are reachable, after a collection that this asks for. */
    static long liveHeap(long pid, Path directory) throws IOException, InterruptedException {
        jcmd(pid, directory, "GC.run");
        String generations = jcmd(pid, directory, "GC.heap_info");
        long kib = USED.matcher(generations)
                .results()
                .mapToLong(generation -> Long.parseLong(generation.group(1)))
                .sum();
        assertThat(kib).as(generations).isPositive();
        return kib << 10;
    }

    private static String jcmd(long pid, Path directory, String what) throws IOException, InterruptedException {
        Path program = Path.of(System.getProperty("java.home"), "bin", "jcmd");
        TestJvm.Ended ended = TestJvm.run(
                List.of(program.toString(), "" + pid, what),
                directory.resolve("jcmd.txt"),
                TimeUnit.MINUTES.toMillis(1));
        assertThat(ended.status()).as(ended.said()).isZero();
        return ended.said();
    }
}
