package io.espalier.actors.cli;

import io.espalier.actors.client.DaemonUnreachable;
import io.espalier.actors.program.FailedRun;
import io.espalier.gpu.Refused;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** A page of help that is about no command. */
enum Topic {
    EXIT_CODES,
    ENVIRONMENT,
    SETTINGS;

    /** Names of the topics, for a reader. */
    static final String NAMES = "exit-codes, environment, settings";

    String text() {
        return switch (this) {
            case EXIT_CODES -> lines(exitCodes());
            case ENVIRONMENT -> lines(environment());
            case SETTINGS ->
                "espalier help FILE prints the defaults of each; a file given with --config goes over them.\n\n"
                        + files().stream().map(file -> "  " + file + "\n").collect(Collectors.joining());
        };
    }

    /** Each status with which the program ends. */
    static SortedMap<Integer, String> exitCodes() {
        SortedMap<Integer, String> codes = new TreeMap<>(Map.of(
                0,
                "ok",
                FailedRun.UNEXPECTED,
                "unexpected: a defect, or a device that failed",
                DaemonUnreachable.EXIT_CODE,
                "no daemon answers"));
        for (Refused.Reason reason : Refused.Reason.values()) {
            codes.put(reason.exitCode(), EnumNames.of(reason).replace('-', ' '));
        }
        return codes;
    }

    /** Each variable that the program or its launcher reads. */
    static SortedMap<String, String> environment() {
        return new TreeMap<>(Map.of(
                "ESPALIER_JAVA_HOME", "JDK that runs Espalier; else JAVA_HOME, or one that is found.",
                "ESPALIER_JAVA_OPTS", "Further options of Java, such as -Xmx4g.",
                "ESPALIER_STATE", "State directory of a daemon, where neither --state nor --config names one.",
                "ESPALIER_DEBUG", "trace: an unexpected end prints where it came from.",
                "OMP_NUM_THREADS", "Threads of one operator where --threads is 0; else all processors.",
                "CUDA_VISIBLE_DEVICES", "GPUs that are seen, as everywhere with CUDA.",
                "CXX", "Compiler of espalier bridge.",
                "JAVA_HOME", "JDK, where ESPALIER_JAVA_HOME names none.",
                "NO_COLOR", "Whatever it holds: help without colours, which only a terminal gets."));
    }

    /** Files of commented defaults among the resources. */
    static List<String> files() {
        return List.of(
                "espalier-daemon.conf",
                "espalier-http.conf",
                "espalier-node.conf",
                "espalier-ranks.conf",
                "espalier-coordinator.conf",
                "espalier-journal.conf",
                "espalier-health.conf",
                "espalier-continual.conf",
                "espalier-live.conf",
                "espalier-spool.conf",
                "espalier-transport.conf");
    }

    /** The content of one of the files. */
    static String content(String file) {
        try (InputStream in = Topic.class.getClassLoader().getResourceAsStream(file)) {
            if (in == null) {
                throw new IllegalStateException(file + " is no resource");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String lines(Map<?, String> meanings) {
        return meanings.entrySet().stream()
                .map(entry -> "  %-22s%s%n".formatted(entry.getKey(), entry.getValue()))
                .collect(Collectors.joining());
    }
}
