package io.espalier.gpu.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.espalier.gpu.Shared;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Another libtorch than DJL's computes the same through a bridge that is compiled here. It is the one that the property
 * {@code espalier.torch} or the variable {@code ESPALIER_TORCH} names, else that of {@code python3}.
 */
@Tag("full")
@Timeout(600)
class SecondLibtorchTest {
    private static final double SAME = 1e-5;
    private static final List<String> GOLDEN = List.of(
            "io.espalier.gpu.train.GoldenModelTest",
            "io.espalier.gpu.train.GoldenDistillationTest",
            "io.espalier.gpu.train.LocalStudentTest",
            "io.espalier.gpu.distill.GoldenLogitLossTest");

    @TempDir
    static Path cache;

    private static Path torch;

    @BeforeAll
    static void compile() throws Exception {
        torch = find();
        assumeTrue(isProgram("g++", "--version"), "there is no g++ to compile a bridge with");
        assertThat(child(Map.of(), "make", torch.toString()))
                .hasSize(1)
                .first()
                .asString()
                .contains("compiled=true");
    }

    private static Path find() throws Exception {
        String named = System.getProperty("espalier.torch", System.getenv().getOrDefault("ESPALIER_TORCH", ""));
        if (!named.isBlank()) {
            return LibTorch.under(Path.of(named)).directory();
        }
        String script = "import importlib.util as u; s = u.find_spec('torch'); print(s.origin if s else '')";
        String origin = isProgram("python3", "--version")
                ? output("python3", "-c", script).strip()
                : "";
        if (origin.isEmpty()) {
            abort("there is no second libtorch: python3 has no torch, and espalier.torch names none");
        }
        return LibTorch.under(Path.of(origin).getParent()).directory();
    }

    private static boolean isProgram(String... command) throws InterruptedException {
        try {
            return new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            return false;
        }
    }

    private static String output(String... command) throws IOException {
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    /** The answers of a process that has the bridges of this test alone. */
    private static List<String> child(Map<String, String> environment, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Despalier.root=" + System.getProperty("espalier.root", ".."),
                "-Despalier.shared=" + System.getProperty("espalier.shared", ""),
                "-cp",
                System.getProperty("java.class.path"),
                SecondLibtorch.class.getName()));
        command.addAll(Arrays.asList(arguments));
        Path log = Files.createTempFile(cache, "child", ".log");
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().put("DJL_CACHE_DIR", cache.toString());
        builder.environment().putAll(environment);
        Process process = builder.start();
        try {
            assertThat(process.waitFor(9, TimeUnit.MINUTES))
                    .as("%s ends", command)
                    .isTrue();
        } finally {
            process.destroyForcibly();
        }
        String said = Files.readString(log);
        assertThat(process.exitValue()).as(said).isZero();
        List<String> answers = said.lines()
                .filter(line -> line.startsWith("= "))
                .map(line -> line.substring(2))
                .toList();
        assertThat(answers).as(said).isNotEmpty();
        return answers;
    }

    private static Map<String, String> withTorch() {
        return Map.of("PYTORCH_LIBRARY_PATH", torch.toString(), "OMP_NUM_THREADS", "1");
    }

    @Test
    void aBridgeIsCompiledOnceAndLeavesNothingElse() throws Exception {
        assertThat(child(Map.of(), "make", torch.toString())).first().asString().contains("compiled=false");
        try (Stream<Path> files = Files.walk(cache.resolve("pytorch"))) {
            assertThat(files.filter(Files::isRegularFile)
                            .map(file -> file.getFileName().toString()))
                    .hasSize(1)
                    .first()
                    .asString()
                    .contains("djl_torch");
        }
    }

    @Test
    void stepsOfDistillationAreThoseOfTheBuiltInLibrary() throws Exception {
        List<String> answers = child(withTorch(), "train");
        double[] expected = SecondLibtorch.train();
        assertThat(answers.getFirst()).isNotEqualTo(NativeLibrary.version());
        assertThat(answers).hasSize(1 + expected.length);
        for (int step = 0; step < expected.length; step++) {
            assertThat(Double.parseDouble(answers.get(1 + step)))
                    .as("step %s", step)
                    .isCloseTo(expected[step], within(SAME * expected[step]));
        }
        assertThat(expected[expected.length - 1]).isLessThan(expected[0]);
    }

    @Test
    void goldenVectorsHoldOnIt() throws Exception {
        assumeTrue(Files.isDirectory(Shared.root().resolve("golden")), "there are no golden vectors");
        List<String> answers = child(
                withTorch(), Stream.concat(Stream.of("tests"), GOLDEN.stream()).toArray(String[]::new));
        assertThat(answers.getFirst()).isNotEqualTo(NativeLibrary.version());
        assertThat(Integer.parseInt(answers.get(1))).as("tests that pass").isGreaterThan(20);
        assertThat(answers.subList(2, answers.size())).as("tests that fail").isEmpty();
    }

    @Test
    void aProcessThatTheLibraryEndsIsAnAnswer() throws Exception {
        Path bad = Files.createDirectories(cache.resolve("bad"));
        for (String part : List.of("libtorch_cpu.so", "libtorch.so")) {
            Files.createSymbolicLink(bad.resolve(part), torch.resolve(part));
        }
        Path source = Files.writeString(
                cache.resolve("bad.c"),
                "__attribute__((constructor)) static void end(void) { *(volatile int*) 8 = 1; }");
        assertThat(isProgram(
                        "g++",
                        "-x",
                        "c",
                        "-shared",
                        "-fPIC",
                        "-o",
                        bad.resolve("libc10.so").toString(),
                        source.toString()))
                .isTrue();
        assertThat(ProbedLibrary.look(Optional.of(bad.toString())))
                .isInstanceOfSatisfying(
                        ProbedLibrary.Failed.class,
                        failed -> assertThat(failed.why()).contains("crashes: SIGSEGV"));
    }
}
