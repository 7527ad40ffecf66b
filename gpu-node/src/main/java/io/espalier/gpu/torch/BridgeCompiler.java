package io.espalier.gpu.torch;

import io.espalier.gpu.Refused;
import io.espalier.gpu.disk.AtomicFile;
import io.espalier.gpu.disk.DiskFault;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Compiles the {@link Bridge} of a libtorch with g++ against the headers beside it, and tries it in a process of its own. */
public final class BridgeCompiler {
    private static final Pattern VERSION = Pattern.compile("#define TORCH_VERSION_(MAJOR|MINOR|PATCH) (\\d+)");
    private static final List<String> HEADERS =
            List.of("torch/headeronly/version.h", "torch/csrc/api/include/torch/version.h");
    /** The headers want C++20 from this minor version of 2 on. */
    private static final int CXX20_FROM = 14;

    private static final int LOG_LINES = 3;

    private BridgeCompiler() {}

    /**
     * A libtorch that can be called.
     *
     * @param compiled whether its bridge was compiled now
     */
    public record Made(String version, Path libraries, boolean compiled) {}

    /**
     * Makes the libtorch under a directory one that can be called, unless it is.
     *
     * @throws Refused where there is no libtorch, no header, no compiler, or the bridge does not work
     */
    public static Made make(Path directory) {
        LibTorch library = LibTorch.under(directory);
        if (look(library) instanceof ProbedLibrary.Works works) {
            return new Made(works.version(), library.directory(), false);
        }
        Path include = include(library);
        String version = version(include);
        Path bridge = Bridge.of(library, version).file();
        compile(library, include, version, bridge);
        return switch (look(library)) {
            case ProbedLibrary.Works works -> new Made(works.version(), library.directory(), true);
            case ProbedLibrary.Failed failed -> {
                remove(bridge);
                throw new Refused(
                        Refused.Reason.VALIDATION,
                        library.directory() + ": the bridge for libtorch " + version
                                + " was compiled, and does not work: " + failed.why());
            }
        };
    }

    private static ProbedLibrary look(LibTorch library) {
        return ProbedLibrary.look(Optional.of(library.directory().toString()));
    }

    private static Path include(LibTorch library) {
        Path include = library.directory().resolveSibling("include");
        if (!Files.isRegularFile(include.resolve("torch/script.h"))) {
            throw Refused.notFound(
                    include, "holds no torch/script.h: name a libtorch with its headers, such as pip's torch");
        }
        return include;
    }

    private static String version(Path include) {
        Map<String, String> numbers = new HashMap<>();
        HEADERS.stream().map(include::resolve).filter(Files::isRegularFile).forEach(header -> {
            Matcher line = VERSION.matcher(read(header));
            while (line.find()) {
                numbers.put(line.group(1), line.group(2));
            }
        });
        if (numbers.size() < 3) {
            throw Refused.notFound(include, "no header of it says a version: " + HEADERS + " are looked at");
        }
        return numbers.get("MAJOR") + "." + numbers.get("MINOR") + "." + numbers.get("PATCH");
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(file.toString(), e);
        }
    }

    /** The library comes to its place whole, whoever else compiles it meanwhile. */
    private static void compile(LibTorch library, Path include, String version, Path file) {
        Path staging = null;
        try {
            Files.createDirectories(file.getParent());
            staging = Files.createTempDirectory(file.getParent(), ".compile");
            Path source = Files.write(staging.resolve("bridge.cc"), Bridge.source());
            Path made = staging.resolve(file.getFileName());
            run(command(library, include, version, source, made), staging.resolve("log"));
            AtomicFile.sync(made);
            AtomicFile.move(made, file);
        } catch (IOException e) {
            throw DiskFault.failure(file, e);
        } finally {
            removeAll(staging);
        }
    }

    private static List<String> command(LibTorch library, Path include, String version, Path source, Path made) {
        Path java = jdkInclude();
        int minor = Integer.parseInt(version.split("\\.", -1)[1]);
        List<String> command = new ArrayList<>(List.of(
                compiler(), "-std=" + (minor >= CXX20_FROM ? "c++20" : "c++17"), "-O1", "-fPIC", "-shared", "-w"));
        for (Path headers : List.of(java, java.resolve("linux"), include, include.resolve("torch/csrc/api/include"))) {
            command.addAll(List.of("-isystem", headers.toString()));
        }
        command.addAll(List.of(
                source.toString(),
                "-o",
                made.toString(),
                "-L" + library.directory(),
                "-Wl,--no-as-needed",
                "-ltorch",
                "-ltorch_cpu",
                "-lc10",
                // The loader finds the libraries of CUDA that those need.
                "-Wl,--allow-shlib-undefined"));
        return command;
    }

    private static String compiler() {
        return Optional.ofNullable(System.getenv("CXX"))
                .filter(name -> !name.isBlank())
                .orElse("g++");
    }

    private static Path jdkInclude() {
        return Stream.of(
                        System.getProperty("java.home"),
                        System.getenv("ESPALIER_JAVA_HOME"),
                        System.getenv("JAVA_HOME"))
                .filter(home -> home != null && !home.isBlank())
                .map(home -> Path.of(home, "include"))
                .filter(include -> Files.isRegularFile(include.resolve("jni.h")))
                .findFirst()
                .orElseThrow(() -> Refused.notFound(
                        Path.of(System.getProperty("java.home"), "include", "jni.h"),
                        "a JDK's header is needed: name a JDK, not a JRE, in JAVA_HOME"));
    }

    private static void run(List<String> command, Path log) throws IOException {
        Process process;
        try {
            process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
        } catch (IOException e) {
            throw new Refused(
                    Refused.Reason.NOT_FOUND,
                    command.getFirst() + ": no such compiler: install g++ (apt-get install g++) or name one in CXX",
                    e);
        }
        try {
            int status = process.waitFor();
            if (status != 0) {
                throw new Refused(
                        Refused.Reason.VALIDATION,
                        String.join(" ", command) + ": ended with " + status + ": " + errors(log));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Refused(Refused.Reason.TRY_AGAIN, command.getFirst() + ": interrupted", e);
        } finally {
            process.destroy();
        }
    }

    private static String errors(Path log) throws IOException {
        try (Stream<String> lines = Files.lines(log, StandardCharsets.UTF_8)) {
            return String.join(
                    " | ",
                    lines.filter(line -> line.contains("error") || line.contains("cannot find"))
                            .limit(LOG_LINES)
                            .toList());
        }
    }

    private static void removeAll(Path staging) {
        if (staging == null) {
            return;
        }
        try (Stream<Path> files = Files.list(staging)) {
            files.toList().forEach(BridgeCompiler::remove);
        } catch (IOException e) {
            throw new UncheckedIOException(staging.toString(), e);
        }
        remove(staging);
    }

    private static void remove(Path path) {
        try {
            Files.delete(path);
        } catch (IOException e) {
            throw new UncheckedIOException(path.toString(), e);
        }
    }
}
