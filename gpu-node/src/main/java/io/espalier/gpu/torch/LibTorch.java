package io.espalier.gpu.torch;

import io.espalier.gpu.Refused;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The libraries of one libtorch, whole and for this platform.
 *
 * @param directory holds them
 */
record LibTorch(Path directory) {
    /** In the order in which they need each other. A library without CUDA lacks some. */
    private static final List<String> PARTS = Stream.of("c10", "c10_cuda", "torch_cpu", "torch_cuda", "torch")
            .map(System::mapLibraryName)
            .toList();

    private static final List<String> REQUIRED =
            Stream.of("c10", "torch_cpu", "torch").map(System::mapLibraryName).toList();

    /**
     * The libtorch under a directory: its own libraries, those of an unpacked archive ({@code lib}), of Python's package
     * ({@code torch/lib}).
     *
     * @throws Refused where there is none, or it cannot be loaded here
     */
    static LibTorch under(Path directory) {
        if (!Files.isDirectory(directory)) {
            throw Refused.notFound(directory, "no such directory: name one that holds libtorch");
        }
        return first(Stream.of("", "lib", "torch/lib").map(directory::resolve))
                .orElseThrow(() -> Refused.notFound(
                        directory,
                        "holds no libtorch: " + REQUIRED + " are looked for in it, in lib and in torch/lib"));
    }

    /**
     * The libtorch that a path of directories names, as {@code PYTORCH_LIBRARY_PATH} is written.
     *
     * @throws Refused where no directory of it holds one, or it cannot be loaded here
     */
    static LibTorch of(String path) {
        return first(Arrays.stream(path.split(File.pathSeparator, -1))
                        .filter(entry -> !entry.isBlank())
                        .map(Path::of))
                .orElseThrow(() -> new Refused(
                        Refused.Reason.BAD_CONFIGURATION,
                        "PYTORCH_LIBRARY_PATH=" + path + ": holds no libtorch: name the directory that holds "
                                + System.mapLibraryName("torch") + ", such as …/site-packages/torch/lib"));
    }

    private static Optional<LibTorch> first(Stream<Path> directories) {
        return directories.filter(LibTorch::isThere).findFirst().map(LibTorch::at);
    }

    /** A directory of libraries, each of which is looked at. */
    static LibTorch at(Path directory) {
        LibTorch library = new LibTorch(directory.toAbsolutePath().normalize());
        for (String part : REQUIRED) {
            if (!Files.isRegularFile(library.directory.resolve(part))) {
                throw Refused.notFound(library.directory.resolve(part), "a part of libtorch is missing: fetch it anew");
            }
        }
        library.parts().forEach(SharedObject::require);
        return library;
    }

    private static boolean isThere(Path directory) {
        return Files.isRegularFile(directory.resolve(System.mapLibraryName("torch")));
    }

    /** The libraries that a process loads, in order. */
    List<Path> parts() {
        return PARTS.stream()
                .map(directory::resolve)
                .filter(Files::isRegularFile)
                .toList();
    }

    /** Whether it was built with CUDA. */
    boolean hasCuda() {
        return Files.isRegularFile(directory.resolve(System.mapLibraryName("torch_cuda")));
    }

    /** Loads the libraries into this process, for the class loader of this class. */
    @SuppressWarnings("restricted")
    void load() {
        for (Path part : parts()) {
            try {
                System.load(part.toString());
            } catch (UnsatisfiedLinkError e) {
                throw new Refused(
                        Refused.Reason.BAD_CONFIGURATION,
                        part + ": cannot be loaded: " + reason(part, e) + ": " + remedy(e),
                        e);
            }
        }
    }

    /** The loader's words, without the file's name, which stands before them. */
    private static String reason(Path part, UnsatisfiedLinkError e) {
        return String.valueOf(e.getMessage()).replace(part + ": ", "");
    }

    private static String remedy(UnsatisfiedLinkError e) {
        return String.valueOf(e.getMessage()).contains("cannot open shared object file")
                ? "put the directory that holds it into LD_LIBRARY_PATH"
                : "name a libtorch that fits this system in PYTORCH_LIBRARY_PATH";
    }

    /** The names of all files below the directory, as DJL takes those that it shall not load by itself. */
    String exclusion() {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> file.getFileName().toString())
                    .distinct()
                    .collect(Collectors.joining(","));
        } catch (IOException e) {
            throw new UncheckedIOException(directory.toString(), e);
        }
    }
}
