package io.espalier.actors.rank;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/** Starts ranks as processes of this process's own JVM and class path. */
public final class JvmLauncher implements RankLauncher {
    /** The variables that the launcher script sets too, for the same reasons. */
    private static final Map<String, String> ENVIRONMENT = Map.of(
            "OMP_WAIT_POLICY", "PASSIVE",
            "GOMP_SPINCOUNT", "10000",
            "MALLOC_ARENA_MAX", "1",
            "MALLOC_MMAP_THRESHOLD_", "33554432",
            "MALLOC_TRIM_THRESHOLD_", "1073741824");

    private static final List<String> FLAGS = List.of(
            "-XX:+UseSerialGC",
            // A rank without heap is of no use to anybody: its node replaces it. (ExitOnOutOfMemoryError would exit
            // with
            // a status that means "not found".)
            "-XX:OnOutOfMemoryError=kill -9 %p",
            "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-Djava.awt.headless=true");

    private static final String FAULT = "espalier.fault";

    private final List<String> entry;
    private final Supplier<Path> aeronDirectory;
    private final Path logs;
    private final RankProcessSettings settings;
    /** Ranks that have been started before. */
    private final Set<String> known = ConcurrentHashMap.newKeySet();

    /**
     * Starts what {@code entry} names.
     *
     * @param entry main class and first arguments; those of the rank follow
     * @param aeronDirectory of the media driver that a rank is to use; asked for each time
     * @param logs directory of the ranks' logs; made where it is absent
     */
    public JvmLauncher(List<String> entry, Supplier<Path> aeronDirectory, Path logs, RankProcessSettings settings) {
        this.entry = List.copyOf(entry);
        this.aeronDirectory = aeronDirectory;
        this.logs = logs;
        this.settings = settings;
    }

    @Override
    public RankChild launch(RankPlace place, long incarnation) {
        try {
            Files.createDirectories(logs);
            Path log = logs.resolve(place.name() + ".log");
            rotate(log);
            ProcessBuilder builder = new ProcessBuilder(command(place, incarnation))
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile());
            ENVIRONMENT.forEach(builder.environment()::putIfAbsent);
            builder.environment().put("OMP_NUM_THREADS", String.valueOf(place.threads()));
            return new JvmChild(builder.start(), log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<String> command(RankPlace place, long incarnation) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(FLAGS);
        command.add("-Xmx" + settings.heapMib() + "m");
        command.addAll(settings.javaOptions());
        command.add("-XX:ErrorFile=" + logs.resolve(place.name() + "-crash-%p.log"));
        System.getProperties().stringPropertyNames().stream()
                .filter(JvmLauncher::inherited)
                .sorted()
                .forEach(name -> command.add("-D" + name + "=" + System.getProperty(name)));
        String fault = System.getProperty(FAULT + "." + place.name());
        if (known.add(place.name()) && fault != null) {
            command.add("-D" + FAULT + "=" + fault);
        }
        command.addAll(List.of("-cp", System.getProperty("java.class.path")));
        command.addAll(entry);
        command.addAll(List.of("--aeron-directory", aeronDirectory.get().toString()));
        command.addAll(List.of("--name", place.name()));
        command.addAll(List.of("--role", place.role().name().toLowerCase(Locale.ROOT)));
        command.addAll(List.of("--device", place.device()));
        command.addAll(List.of("--threads", String.valueOf(place.threads())));
        command.addAll(List.of("--incarnation", String.valueOf(incarnation)));
        return command;
    }

    /** A fault is meant for the process that it was given to: espalier.fault.NAME is that of a rank's first process. */
    private static boolean inherited(String property) {
        return property.startsWith("espalier.") && !property.startsWith(FAULT);
    }

    /** The log of this process, then those of the last ones: NAME.log, NAME.log.1, NAME.log.2 … */
    private void rotate(Path log) throws IOException {
        for (int age = settings.logsKept(); age > 0; age--) {
            Path younger = age == 1 ? log : log.resolveSibling(log.getFileName() + "." + (age - 1));
            if (Files.exists(younger)) {
                Files.move(
                        younger,
                        log.resolveSibling(log.getFileName() + "." + age),
                        StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }
}
