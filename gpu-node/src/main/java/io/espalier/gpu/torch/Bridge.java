package io.espalier.gpu.torch;

import ai.djl.util.Platform;
import io.espalier.gpu.Refused;
import io.espalier.gpu.checkpoint.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;

/**
 * The library between DJL and a libtorch that is not DJL's own: compiled from {@code bridge.cc} against that very libtorch,
 * because a C++ library serves no other build.
 *
 * @param version of the libtorch
 * @param digest of the source and the build of libtorch
 */
record Bridge(String version, String digest) {
    private static final String SOURCE = "bridge.cc";
    private static final int DIGITS = 12;

    /** The bridge that a libtorch wants, whether it is there or not. */
    static Bridge of(LibTorch library, String version) {
        Path core = library.directory().resolve(System.mapLibraryName("c10"));
        Path operators = library.directory().resolve(System.mapLibraryName("torch_cpu"));
        try {
            MessageDigest digest = Sha256.start();
            digest.update(source());
            digest.update(Files.readAllBytes(core));
            digest.update(String.valueOf(Files.size(operators)).getBytes(StandardCharsets.US_ASCII));
            return new Bridge(version, Sha256.hex(digest).substring(0, DIGITS));
        } catch (IOException e) {
            throw new UncheckedIOException(core.toString(), e);
        }
    }

    /** The C++ that it is compiled from. */
    static byte[] source() {
        try (InputStream source = Bridge.class.getResourceAsStream(SOURCE)) {
            return source.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(SOURCE, e);
        }
    }

    /** DJL's word for a build. Without "cu" in it, or DJL loads libraries that need a driver. */
    String flavor() {
        return "bridge-" + digest;
    }

    /** The file in which DJL looks for the bridge. */
    Path file() {
        Platform djl = Platform.fromSystem("pytorch");
        return NativeLibrary.cache()
                .resolve(version + "-" + flavor() + "-" + djl.getClassifier())
                .resolve(djl.getApiVersion() + "-" + System.mapLibraryName("djl_torch"));
    }

    /** Refuses to go on without it. */
    void require(LibTorch library) {
        if (!Files.isRegularFile(file())) {
            throw new Refused(
                    Refused.Reason.BAD_CONFIGURATION,
                    library.directory() + ": is libtorch " + version + ", for which no bridge is compiled yet: "
                            + "espalier bridge --torch " + library.directory());
        }
        SharedObject.require(file());
    }
}
