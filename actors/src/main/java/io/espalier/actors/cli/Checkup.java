package io.espalier.actors.cli;

import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** The checks of {@code doctor}: each looks at one thing and says what to do about it. */
final class Checkup {
    private static final int JDK = 25;
    private static final long GIB = 1L << 30;
    /** The file descriptors that a daemon opens for itself and for its connections. */
    private static final int DAEMON_DESCRIPTORS = 512;

    private Checkup() {}

    /** The severity of a finding. */
    enum Verdict {
        OK,
        WARN,
        BAD
    }

    /** The result of one check; the remedy is empty where all is well. */
    record Finding(String what, Verdict verdict, String found, String remedy) {}

    /** All but the native library, which {@link NativeCheckup} looks at. */
    static List<Finding> ofMachine() {
        return List.of(jdk(), threads(), memory(), disk(), sharedMemory(), descriptors(), port());
    }

    private static Finding jdk() {
        int feature = Runtime.version().feature();
        return finding(
                "JDK",
                feature >= JDK ? Verdict.OK : Verdict.BAD,
                Runtime.version() + " at " + System.getProperty("java.home"),
                "install JDK " + JDK + " or newer and name it in ESPALIER_JAVA_HOME");
    }

    private static Finding threads() {
        int processors = Runtime.getRuntime().availableProcessors();
        String omp = System.getenv("OMP_NUM_THREADS");
        boolean tooMany = omp != null && omp.matches("\\d+") && Integer.parseInt(omp) > processors;
        return finding(
                "threads",
                tooMany ? Verdict.WARN : Verdict.OK,
                processors + " processors, OMP_NUM_THREADS=" + omp,
                "OMP_NUM_THREADS above the processors makes every operator wait: unset it");
    }

    private static Finding memory() {
        long total = ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean os
                ? os.getTotalMemorySize()
                : 0;
        return finding(
                "memory",
                total >= 4 * GIB ? Verdict.OK : Verdict.WARN,
                gib(total) + ", heap up to " + gib(Runtime.getRuntime().maxMemory()),
                "4 GiB or more are wanted; models live outside the Java heap");
    }

    private static Finding disk() {
        Path here = Path.of("").toAbsolutePath();
        long free = free(here);
        return finding(
                "disk",
                free >= 2 * GIB ? Verdict.OK : Verdict.WARN,
                gib(free) + " free at " + here,
                "checkpoints want room: write with --out to a larger disk");
    }

    private static Finding sharedMemory() {
        Path shm = Path.of("/dev/shm");
        if (!Files.isDirectory(shm)) {
            return finding(
                    "/dev/shm",
                    Verdict.WARN,
                    "absent",
                    "what goes between processes goes through the disk, which may be slower");
        }
        long free = free(shm);
        return finding(
                "/dev/shm",
                free >= GIB / 16 ? Verdict.OK : Verdict.WARN,
                gib(free) + " free",
                "what goes between processes wants 64 MiB, or goes through the disk, which may be slower");
    }

    private static Finding descriptors() {
        long most = OpenFiles.most();
        return finding(
                "open files",
                most >= DAEMON_DESCRIPTORS ? Verdict.OK : Verdict.WARN,
                "at most " + most,
                "a daemon with all its connections wants " + DAEMON_DESCRIPTORS + ": ulimit -n, LimitNOFILE");
    }

    /** Looks at the port on which the daemon listens, unless its configuration says another. */
    private static Finding port() {
        int port = ConfigFactory.load()
                .withFallback(ConfigFactory.parseResources("espalier-http.conf"))
                .resolve()
                .getInt("espalier.http.bind.port");
        try (ServerSocket _ = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return finding("port " + port, Verdict.OK, "free", "");
        } catch (IOException e) {
            return finding("port " + port, Verdict.WARN, "taken", "the dashboard will need another port");
        }
    }

    static Finding finding(String what, Verdict verdict, String found, String remedy) {
        return new Finding(what, verdict, found, verdict == Verdict.OK ? "" : remedy);
    }

    static long free(Path path) {
        Path existing = path.toAbsolutePath();
        while (!Files.exists(existing)) {
            existing = existing.getParent();
        }
        try {
            return Files.getFileStore(existing).getUsableSpace();
        } catch (IOException e) {
            return 0;
        }
    }

    static String gib(long bytes) {
        return String.format(Locale.ROOT, "%.1f GiB", (double) bytes / GIB);
    }
}
