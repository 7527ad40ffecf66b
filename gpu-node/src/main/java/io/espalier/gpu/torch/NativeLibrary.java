package io.espalier.gpu.torch;

import ai.djl.engine.Engine;
import ai.djl.util.Utils;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The native PyTorch library: where it is, and its start, once in a process. */
public final class NativeLibrary {
    private static final Logger LOG = LoggerFactory.getLogger(NativeLibrary.class);
    private static final String VERSION = "2.7.1";

    private NativeLibrary() {}

    /** Idempotent; the first call on a machine unpacks the library, which takes seconds, so it says so. */
    static synchronized void start() {
        System.setProperty("OPT_OUT_TRACKING", "true");
        // The optimising executor re-specialises kernels per shape: seconds of warm-up, nothing won.
        System.setProperty("ai.djl.pytorch.graph_optimizer", "false");
        if (System.getenv("PYTORCH_LIBRARY_PATH") == null && unpacked().isEmpty()) {
            LOG.warn("unpacking the native PyTorch library into {} (once, about 450 MB)", cache());
        }
        Engine.getEngine("PyTorch");
    }

    /** The version that our kernels and DJL's bridge are made for. */
    public static String version() {
        return VERSION;
    }

    /** Where the library is unpacked on first use. */
    public static Path cache() {
        return Utils.getEngineCacheDir("pytorch");
    }

    /** The folder of the unpacked library, if there is one. */
    public static Optional<Path> unpacked() {
        if (!Files.isDirectory(cache())) {
            return Optional.empty();
        }
        try (Stream<Path> folders = Files.list(cache())) {
            return folders.filter(folder -> folder.getFileName().toString().startsWith(VERSION))
                    .findFirst();
        } catch (IOException e) {
            throw new UncheckedIOException(cache().toString(), e);
        }
    }
}
