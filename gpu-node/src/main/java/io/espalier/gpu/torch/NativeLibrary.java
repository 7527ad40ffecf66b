package io.espalier.gpu.torch;

import ai.djl.engine.Engine;
import ai.djl.util.Utils;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Starts libtorch once in a process. */
final class NativeLibrary {
    private static final Logger LOG = LoggerFactory.getLogger(NativeLibrary.class);

    private NativeLibrary() {}

    /** Idempotent; the first call on a machine unpacks the library, which takes seconds, so it says so. */
    static synchronized void start() {
        System.setProperty("OPT_OUT_TRACKING", "true");
        // The optimising executor re-specialises kernels per shape: seconds of warm-up, nothing won.
        System.setProperty("ai.djl.pytorch.graph_optimizer", "false");
        Path cache = Utils.getEngineCacheDir("pytorch");
        if (System.getenv("PYTORCH_LIBRARY_PATH") == null && !Files.isDirectory(cache)) {
            LOG.warn("unpacking the native PyTorch library into {} (once, about 450 MB)", cache);
        }
        Engine.getEngine("PyTorch");
    }
}
