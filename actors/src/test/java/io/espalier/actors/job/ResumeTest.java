package io.espalier.actors.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.actors.cli.CommandLineRun;
import io.espalier.actors.quickstart.TinyWorld;
import io.espalier.gpu.checkpoint.Sha256;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Runs that may be taken up again go on from the right checkpoint, and others are refused by name. */
@Timeout(120)
class ResumeTest {
    @TempDir
    static Path directory;

    private static TinyWorld world;
    /** A run of 6 steps with checkpoints at 2, 4 and 6, of which the last two stay. */
    private static Path six;

    @BeforeAll
    static void build() {
        world = TinyWorld.create(directory);
        six = directory.resolve("six");
        assertThat(distill(six, "--steps", "6").exitCode()).isZero();
    }

    private static CommandLineRun distill(Path out, String... more) {
        List<String> all = new ArrayList<>(List.of("distill", "--data"));
        world.text().forEach(file -> all.add(file.toString()));
        all.addAll(List.of("--batch", "2", "--checkpoint-every", "2", "--threads", "1"));
        all.addAll(List.of("--decay", "constant", "--warmup", "0", "--log-every", "1", "--out", out.toString()));
        List<String> given = List.of(more);
        if (!given.contains("--seq-length")) {
            all.addAll(List.of("--seq-length", "32"));
        }
        if (!given.contains("--teacher")) {
            all.addAll(List.of("--teacher", world.teacher().toString()));
        }
        if (!given.contains("--student")) {
            all.addAll(List.of("--student", world.student().toString()));
        }
        all.addAll(given);
        return CommandLineRun.of(all.toArray(String[]::new));
    }

    private Path copyOfSix(String name) throws IOException {
        Path copy = directory.resolve(name);
        try (Stream<Path> tree = Files.walk(six)) {
            for (Path file : tree.toList()) {
                Files.copy(file, copy.resolve(six.relativize(file)));
            }
        }
        return copy;
    }

    private static String weights(Path model) {
        return Sha256.ofFile(model.resolve("model.safetensors"));
    }

    @Test
    void moreStepsGoOnWhereTheRunEnded() throws IOException {
        Path whole = directory.resolve("ten");
        assertThat(distill(whole, "--steps", "10").exitCode()).isZero();
        Path grown = copyOfSix("grown");
        CommandLineRun run = distill(grown, "--steps", "10", "--resume", "--override", "steps");
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.err()).contains("going on from").contains("step-000000006");
        assertThat(weights(grown)).isEqualTo(weights(whole));
        assertThat(grown.resolve("README.md")).content().contains("was trained for 10 steps on ");
        assertThat(Files.readAllLines(grown.resolve("metrics.jsonl"))).hasSize(10);
        try (Stream<Path> left = Files.list(grown.resolve("checkpoints"))) {
            assertThat(left.map(path -> path.getFileName().toString()))
                    .contains("step-000000008", "step-000000010")
                    .doesNotContain("step-000000006");
        }
    }

    @Test
    void aDamagedCheckpointIsPassedOverWithAMessageAndSetAside() throws IOException {
        Path damaged = copyOfSix("damaged");
        Path file = damaged.resolve("checkpoints/step-000000006/optimizer.safetensors");
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 1;
        Files.write(file, bytes);
        CommandLineRun run = distill(damaged, "--steps", "10", "--resume", "--override", "steps");
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.err())
                .contains("passed over")
                .contains("optimizer.safetensors: SHA-256")
                .contains("000000004");
        try (Stream<Path> left = Files.list(damaged.resolve("checkpoints"))) {
            assertThat(left.map(path -> path.getFileName().toString())).anyMatch(name -> name.startsWith("damaged-"));
        }
    }

    @Test
    void batchLengthAndRateMayDifferWhenAskedFor() throws IOException {
        Path other = copyOfSix("other");
        CommandLineRun run = distill(
                other,
                "--steps",
                "8",
                "--resume",
                "--override",
                "steps,seq-length,global-batch,learning-rate",
                "--seq-length",
                "24",
                "--global-batch",
                "4",
                "--learning-rate",
                "1e-4");
        assertThat(run.exitCode()).as(run.err()).isZero();
    }

    @Test
    void aRunFromBeforeDocumentsWereSeparateKeepsThemShared() throws IOException {
        Path whole = directory.resolve("shared-eight");
        assertThat(distill(whole, "--steps", "8", "--document-attention", "shared")
                        .exitCode())
                .isZero();
        Path old = directory.resolve("shared-four");
        assertThat(distill(old, "--steps", "4", "--document-attention", "shared")
                        .exitCode())
                .isZero();
        forgetDocuments(old.resolve("checkpoints/step-000000004"));
        for (int steps : new int[] {6, 8}) {
            CommandLineRun run = distill(old, "--steps", "" + steps, "--resume", "--override", "steps");
            assertThat(run.exitCode()).as(run.err()).isZero();
            assertThat(run.err()).contains("document-attention stays shared");
        }
        assertThat(weights(old)).isEqualTo(weights(whole));
        Path separate = directory.resolve("separate-eight");
        assertThat(distill(separate, "--steps", "8").exitCode()).isZero();
        assertThat(weights(separate)).isNotEqualTo(weights(whole));
    }

    /** Makes a checkpoint what it was when runs said nothing of documents. */
    private static void forgetDocuments(Path checkpoint) throws IOException {
        Path settings = checkpoint.resolve("settings.json");
        String before = Sha256.ofFile(settings);
        long bytes = Files.size(settings);
        Files.writeString(
                settings, Files.readString(settings).replaceFirst("\\s*\"document-attention\" : \"shared\",", ""));
        Path manifest = checkpoint.resolve("manifest.json");
        String text = Files.readString(manifest);
        assertThat(text).contains(before);
        Files.writeString(
                manifest, text.replace(before, Sha256.ofFile(settings)).replace("" + bytes, "" + Files.size(settings)));
    }

    @TestFactory
    Stream<DynamicTest> whatDiffersIsRefusedByName() {
        return Stream.<List<String>>of(
                        List.of("--teacher", world.student().toString(), "teacher is"),
                        List.of("--student", world.teacher().toString(), "student is"),
                        List.of(
                                "--learning-rate",
                                "1e-4",
                                "learning-rate is 1.0E-4: must be the run's 0.001 (--override"),
                        List.of("--loss", "reverse-kl", "loss is"),
                        List.of(
                                "--document-attention",
                                "shared",
                                "document-attention is shared: must be the run's separate"),
                        List.of("--seed", "5", "seed is 5: must be the run's 1234"))
                .map(arguments -> DynamicTest.dynamicTest(arguments.getFirst(), () -> {
                    List<String> options = new ArrayList<>(arguments.subList(0, arguments.size() - 1));
                    options.addAll(List.of("--steps", "8", "--resume", "--override", "steps"));
                    CommandLineRun run = distill(six, options.toArray(String[]::new));
                    assertThat(run.exitCode()).as(run.err()).isEqualTo(5);
                    assertThat(run.err().lines()).singleElement().asString().contains(arguments.getLast());
                }));
    }

    @Test
    void aRunThatIsDoneOrInUseOrNotToBeResumedIsLeftAlone() {
        assertThat(distill(six, "--steps", "6", "--resume").exitCode()).isEqualTo(4);
        assertThat(distill(six, "--steps", "6").exitCode()).isEqualTo(4);
        try (CheckpointStore inUse = new CheckpointStore(six, CommitAuthority.ALONE)) {
            CommandLineRun run = distill(six, "--steps", "8", "--resume", "--override", "steps");
            assertThat(run.exitCode()).isEqualTo(4);
            assertThat(run.err()).contains("is in use by another process");
            inUse.clear();
        }
        assertThat(distill(six, "--steps", "8", "--resume", "--override", "clip")
                        .exitCode())
                .isEqualTo(2);
    }

    @Test
    void withNoCheckpointYetItBegins() {
        Path fresh = directory.resolve("fresh");
        CommandLineRun run = distill(fresh, "--steps", "2", "--resume");
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.err()).contains("no checkpoint in");
    }

    @Test
    void globalBatchesThatAreNotFiniteAreQuarantinedAndTooManyEndTheRun() throws IOException {
        Path out = directory.resolve("exploding");
        CommandLineRun run = distill(out, "--steps", "20", "--learning-rate", "1e30", "--max-skipped", "3");
        assertThat(run.exitCode()).as(run.err()).isEqualTo(5);
        assertThat(run.err()).contains("passed over, see quarantine.jsonl").contains("3 global batches in a row");
        List<String> quarantined = Files.readAllLines(out.resolve("quarantine.jsonl"));
        assertThat(quarantined).hasSize(3);
        JsonNode first = new ObjectMapper().readTree(quarantined.getFirst());
        assertThat(first.at("/ids")).hasSize(2 * 33);
        assertThat(first.at("/records/0/source").asText()).endsWith(".jsonl");
        assertThat(out.resolve("config.json")).doesNotExist();
    }

    @Test
    void aRunThatTookNoStepIsNoSuccessAndSavesNoModel() {
        Path out = directory.resolve("nothing-learnt");
        CommandLineRun run = distill(
                out,
                "--steps",
                "2",
                "--learning-rate",
                "1e-3",
                "--student",
                damaged().toString());
        assertThat(run.exitCode()).as(run.err()).isEqualTo(5);
        assertThat(run.err()).contains("every step is passed over");
        assertThat(out.resolve("config.json")).doesNotExist();
    }

    @Test
    void aRunWhoseLastStepsWereAllPassedOverIsNoSuccess() {
        Path out = directory.resolve("exploded-at-the-end");
        CommandLineRun run = distill(out, "--steps", "3", "--learning-rate", "1e30", "--max-skipped", "9");
        assertThat(run.exitCode()).as(run.err()).isEqualTo(5);
        assertThat(run.err()).contains("each of the last 2 steps is passed over");
        assertThat(out.resolve("config.json")).doesNotExist();
    }

    @Test
    void aModelThatGivesNoNumberIsNotJudgedInSilence() {
        CommandLineRun run = CommandLineRun.of(
                "eval",
                "--model",
                damaged().toString(),
                "--data",
                world.text().getFirst().toString(),
                "--seq-length",
                "32",
                "--threads",
                "1");
        assertThat(run.exitCode()).as(run.err()).isEqualTo(5);
        assertThat(run.err()).contains("loss is not a number");
    }

    /** The student with a weight of its final norm that is no number. */
    private Path damaged() {
        try {
            Path copy = directory.resolve("student-without-numbers");
            if (Files.exists(copy)) {
                return copy;
            }
            Files.createDirectory(copy);
            try (Stream<Path> files = Files.list(world.student())) {
                for (Path file : files.toList()) {
                    Files.copy(file, copy.resolve(file.getFileName()));
                }
            }
            Path weights = copy.resolve("model.safetensors");
            ByteBuffer all = ByteBuffer.wrap(Files.readAllBytes(weights)).order(ByteOrder.LITTLE_ENDIAN);
            int header = Math.toIntExact(all.getLong(0));
            JsonNode tensors = new ObjectMapper().readTree(all.array(), Long.BYTES, header);
            int at = tensors.at("/model.norm.weight/data_offsets/0").asInt();
            // NaN in all types that weights have.
            all.putInt(Long.BYTES + header + at, 0x7fffffff);
            Files.write(weights, all.array());
            return copy;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
