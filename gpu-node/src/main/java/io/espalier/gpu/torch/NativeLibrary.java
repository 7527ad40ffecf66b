package io.espalier.gpu.torch;

import ai.djl.engine.Engine;
import ai.djl.util.Utils;
import io.espalier.gpu.Refused;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The native PyTorch library: where it is, and its start, once in a process. It is the one that {@code PYTORCH_LIBRARY_PATH}
 * names, else DJL's own.
 */
public final class NativeLibrary {
    private static final Logger LOG = LoggerFactory.getLogger(NativeLibrary.class);
    private static final String ENGINE = "PyTorch";
    static final String PATH = "PYTORCH_LIBRARY_PATH";
    private static final String VERSION = "2.7.1";
    /** DJL's own bridge for this flavour calls nothing of CUDA by name, so it serves libraries with and without. */
    private static final String FLAVOR = "cpu";

    private static boolean started;

    private NativeLibrary() {}

    /**
     * Idempotent; the first call on a machine unpacks the library, which takes seconds, so it says so.
     *
     * @throws Refused where the library cannot be loaded or called, naming it, the rule and the remedy
     */
    static synchronized void start() {
        if (started) {
            return;
        }
        System.setProperty("OPT_OUT_TRACKING", "true");
        // The optimising executor re-specialises kernels per shape: seconds of warm-up, nothing won.
        System.setProperty("ai.djl.pytorch.graph_optimizer", "false");
        named().ifPresentOrElse(path -> prepare(LibTorch.of(path)), NativeLibrary::prepareOwn);
        Engine.getEngine(ENGINE);
        started = true;
    }

    /** The version that DJL brings, and has a bridge for. */
    public static String version() {
        return VERSION;
    }

    /** The directory in which the library is unpacked on first use, and in which bridges lie. */
    public static Path cache() {
        return Utils.getEngineCacheDir("pytorch");
    }

    /** The value of PYTORCH_LIBRARY_PATH, unless it is blank. */
    public static Optional<String> named() {
        return Optional.ofNullable(Utils.getEnvOrSystemProperty(PATH)).filter(path -> !path.isBlank());
    }

    /** The folder of the unpacked library, if there is one. */
    public static Optional<Path> unpacked() {
        if (!Files.isDirectory(cache())) {
            return Optional.empty();
        }
        try (Stream<Path> folders = Files.list(cache())) {
            return folders.filter(folder -> folder.getFileName().toString().startsWith(VERSION))
                    .filter(folder -> Files.exists(folder.resolve(System.mapLibraryName("torch"))))
                    .findFirst();
        } catch (IOException e) {
            throw new UncheckedIOException(cache().toString(), e);
        }
    }

    private static void prepareOwn() {
        if (NativeLibrary.class.getResource("/native/lib/pytorch.properties") == null) {
            throw new Refused(
                    Refused.Reason.BAD_CONFIGURATION,
                    "no native PyTorch was built in: name one in " + PATH + " (espalier doctor)");
        }
        tellDjl("PYTORCH_VERSION", VERSION);
        Optional<Path> unpacked = unpacked();
        if (unpacked.isPresent()) {
            LibTorch.at(unpacked.get());
        } else {
            LOG.warn("unpacking the native PyTorch library into {} (once, about 450 MB)", cache());
        }
    }

    /** DJL takes a library's version and flavour for what it is told, and must be told before it looks. */
    private static void prepare(LibTorch library) {
        library.load();
        String version = loadedVersion();
        String flavor = FLAVOR;
        if (!version.equals(VERSION)) {
            Bridge bridge = Bridge.of(library, version);
            bridge.require(library);
            flavor = bridge.flavor();
        }
        System.setProperty(PATH, library.directory().toString());
        tellDjl("PYTORCH_VERSION", version);
        tellDjl("PYTORCH_FLAVOR", flavor);
        System.setProperty("PYTORCH_LIBRARY_EXCLUSION", library.exclusion());
    }

    /** DJL reads the environment before the property. */
    private static void tellDjl(String name, String value) {
        String given = System.getenv(name);
        if (given != null && !given.equals(value)) {
            throw new Refused(
                    Refused.Reason.BAD_CONFIGURATION,
                    name + "=" + given + ": the library is found to be " + value + ": unset " + name);
        }
        System.setProperty(name, value);
    }

    /**
     * The version that the loaded library says of itself: its major, minor and patch numbers lie in the upper bytes.
     *
     * @throws Refused where it is too old to say it
     */
    static String loadedVersion() {
        String function = "aoti_torch_abi_version";
        MethodHandle version = CShim.loaded()
                .find(function, ValueLayout.JAVA_LONG)
                .orElseThrow(() -> new Refused(
                        Refused.Reason.BAD_CONFIGURATION,
                        "libtorch is older than " + VERSION + ": name that one or a newer one in " + PATH));
        try {
            long number = (long) version.invokeExact();
            return (number >>> 56) + "." + (number >>> 48 & 0xFF) + "." + (number >>> 40 & 0xFF);
        } catch (Throwable e) {
            throw CShim.broken(function, e);
        }
    }
}
