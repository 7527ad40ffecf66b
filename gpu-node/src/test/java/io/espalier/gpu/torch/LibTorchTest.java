package io.espalier.gpu.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.espalier.gpu.Refused;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.UnaryOperator;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A libtorch that cannot be loaded is refused before it is, with its file, what is wrong, and what to do. */
@Timeout(20)
class LibTorchTest {
    private static final int MACHINE = 18;
    private static final int OTHER_MACHINE = 243;

    @TempDir
    Path temporary;

    @BeforeEach
    void requireLinux() {
        assumeTrue(System.getProperty("os.name").startsWith("Linux"), "libraries of other systems are not looked at");
    }

    /** A shared library of this platform, under the names of libtorch's. */
    private Path libraries(String... names) throws IOException {
        byte[] whole = Files.readAllBytes(Path.of(System.getProperty("java.home"), "lib", "libjava.so"));
        Path directory = Files.createDirectories(temporary.resolve("torch").resolve("lib"));
        for (String name : names) {
            Files.write(directory.resolve(name), whole);
        }
        return directory;
    }

    private Path libraries() throws IOException {
        return libraries("libc10.so", "libtorch_cpu.so", "libtorch.so");
    }

    private static void change(Path file, UnaryOperator<byte[]> change) throws IOException {
        Files.write(file, change.apply(Files.readAllBytes(file)));
    }

    private static void isRefused(ThrowingCallable call, Refused.Reason reason, String... words) {
        assertThatThrownBy(call).isInstanceOfSatisfying(Refused.class, refused -> {
            assertThat(refused.reason()).isEqualTo(reason);
            assertThat(refused.getMessage()).contains(words).doesNotContain("\n");
        });
    }

    @Test
    void aLibtorchIsFoundFromItsPackageItsArchiveAndItsLibraries() throws IOException {
        Path libraries = libraries();
        assertThat(LibTorch.under(libraries).directory()).isEqualTo(libraries);
        assertThat(LibTorch.under(libraries.getParent()).directory()).isEqualTo(libraries);
        assertThat(LibTorch.under(temporary).directory()).isEqualTo(libraries);
        assertThat(LibTorch.of(temporary + ":" + libraries).directory()).isEqualTo(libraries);
        assertThat(LibTorch.under(libraries).hasCuda()).isFalse();
    }

    @Test
    void partsAreLoadedInTheOrderInWhichTheyNeedEachOther() throws IOException {
        Path libraries = libraries(
                "libtorch.so",
                "libtorch_cuda.so",
                "libtorch_cpu.so",
                "libc10.so",
                "libc10_cuda.so",
                "libtorch_python.so");
        LibTorch library = LibTorch.under(libraries);
        assertThat(library.hasCuda()).isTrue();
        assertThat(library.parts().stream().map(part -> part.getFileName().toString()))
                .containsExactly("libc10.so", "libc10_cuda.so", "libtorch_cpu.so", "libtorch_cuda.so", "libtorch.so");
        assertThat(library.exclusion()).contains("libtorch_python.so");
    }

    @Test
    void aDirectoryWithoutLibtorchIsRefused() {
        isRefused(() -> LibTorch.under(temporary), Refused.Reason.NOT_FOUND, temporary.toString(), "holds no libtorch");
        isRefused(() -> LibTorch.under(temporary.resolve("absent")), Refused.Reason.NOT_FOUND, "no such directory");
        isRefused(
                () -> LibTorch.of(temporary.toString()),
                Refused.Reason.BAD_CONFIGURATION,
                "PYTORCH_LIBRARY_PATH=" + temporary,
                "libtorch.so");
    }

    @Test
    void aLibtorchThatLacksAPartIsRefused() throws IOException {
        Path libraries = libraries("libtorch.so", "libtorch_cpu.so");
        isRefused(() -> LibTorch.under(libraries), Refused.Reason.NOT_FOUND, "libc10.so", "is missing");
    }

    @Test
    void aLibraryThatWasCutShortIsRefused() throws IOException {
        Path part = libraries().resolve("libtorch_cpu.so");
        long whole = Files.size(part);
        for (long length : new long[] {whole - 1, whole / 2, 100, 10, 0}) {
            libraries();
            change(part, bytes -> Arrays.copyOf(bytes, (int) length));
            isRefused(() -> LibTorch.under(temporary), Refused.Reason.VALIDATION, part.toString(), "anew");
        }
    }

    @Test
    void aLibraryForAnotherMachineIsRefused() throws IOException {
        Path part = libraries().resolve("libc10.so");
        change(part, bytes -> {
            bytes[MACHINE] = (byte) OTHER_MACHINE;
            return bytes;
        });
        isRefused(
                () -> LibTorch.under(temporary),
                Refused.Reason.VALIDATION,
                part + ": is for machine 243",
                System.getProperty("os.arch"));
    }

    @Test
    void aFileThatIsNoLibraryIsRefused() throws IOException {
        Path part = libraries().resolve("libtorch.so");
        change(part, bytes -> {
            bytes[0] = 'P';
            return bytes;
        });
        isRefused(() -> LibTorch.under(temporary), Refused.Reason.VALIDATION, part + ": is no 64-bit shared library");
    }
}
