package io.espalier.actors.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.actors.protocol.CoordinatorProtocol.Verdict;
import io.espalier.actors.protocol.HostProtocol.Lineage;
import io.espalier.actors.quickstart.TinyWorld;
import io.espalier.gpu.Refused;
import io.espalier.gpu.checkpoint.Sha256;
import io.espalier.gpu.distill.LossMix;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.torch.Dtype;
import io.espalier.gpu.train.Adam;
import io.espalier.gpu.train.TrainingCheckpoint;
import io.espalier.gpu.train.TrainingCheckpoint.Origin;
import io.espalier.streams.batch.BatchSettings;
import io.espalier.streams.batch.DocumentAttention;
import io.espalier.streams.source.BlendWeights;
import io.espalier.streams.source.ReadSettings;
import io.espalier.streams.source.TextFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.LongPredicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Checkpoints that a process leaves on disk after another has taken its job over are no part of the job, whenever they
 * come: they are not loaded, are in nobody's way, and take nothing away.
 */
@Timeout(120)
class CheckpointLineageTest {
    private static final long STEPS = 6;

    @TempDir
    static Path directory;

    private static TinyWorld world;
    /** Weights at the end of a run that nothing happened to. */
    private static String undisturbed;

    private final List<String> said = new ArrayList<>();

    @BeforeAll
    static void build() {
        world = TinyWorld.create(directory);
        Path whole = directory.resolve("whole");
        run(whole, CommitAuthority.ALONE, _ -> {});
        undisturbed = weights(whole);
    }

    /** The authority of one process of job {@code j}; it refuses commits from a step on. */
    private static final class Scripted implements CommitAuthority {
        private final long epoch;
        private final List<Lineage> lineage;
        private final LongPredicate granted;
        private final List<String> asked = new ArrayList<>();
        private boolean fenced;

        private Scripted(long epoch, List<Lineage> lineage, LongPredicate granted) {
            this.epoch = epoch;
            this.lineage = new ArrayList<>(lineage);
            this.granted = granted;
        }

        @Override
        public CompletionStage<Verdict> begin(long baseStep) {
            asked.add("begin " + baseStep);
            lineage.add(new Lineage(epoch, baseStep));
            return answer();
        }

        @Override
        public CompletionStage<Verdict> commit(long step, String manifestSha256) {
            assertThat(manifestSha256).hasSize(64);
            asked.add("commit " + step);
            fenced = !granted.test(step);
            return answer();
        }

        @Override
        public CompletionStage<Verdict> affirm() {
            asked.add("affirm");
            return answer();
        }

        private CompletionStage<Verdict> answer() {
            return CompletableFuture.completedFuture(
                    fenced ? new Verdict.Fenced(epoch + 1, "another has begun") : new Verdict.Granted(epoch));
        }

        @Override
        public Origin origin() {
            return new Origin("j", epoch);
        }

        @Override
        public List<Lineage> lineage() {
            return lineage;
        }

        @Override
        public boolean alone() {
            return false;
        }

        @Override
        public String owner() {
            return "job j";
        }
    }

    private static void run(Path out, CommitAuthority authority, java.util.function.Consumer<String> say) {
        ModelConfig config = ModelConfig.read(world.student());
        List<TextFile> files = world.text().stream().map(TextFile::of).toList();
        TrainRequest request = new TrainRequest(
                new TrainRequest.Start.Stored(world.student()),
                null,
                LossMix.CROSS_ENTROPY,
                Features.NONE,
                new BatchSettings(
                        files,
                        BlendWeights.BY_SIZE,
                        new ReadSettings("text", 1 << 20),
                        32,
                        2,
                        1,
                        40,
                        false,
                        DocumentAttention.SEPARATE,
                        1,
                        config.vocabSize()),
                new ComputeSettings("cpu", Dtype.F32, 1, 1 << 20),
                STEPS,
                TrainRequest.Schedule.cosine(2, 1e-3, STEPS, new Adam(0.9, 0.95, 1e-8, 0.1, 1)),
                Validation.NONE,
                new Checkpointing(2, 2, true, Set.of()),
                Economy.NONE,
                out,
                Long.MAX_VALUE);
        try (Training training = new Training(request, RunPlace.alone(authority), say, _ -> {})) {
            training.run(_ -> {});
        }
    }

    private static String weights(Path model) {
        return Sha256.ofFile(model.resolve("model.safetensors"));
    }

    private static List<String> checkpoints(Path run) {
        try (Stream<Path> entries = Files.list(run.resolve("checkpoints"))) {
            return entries.map(path -> path.getFileName().toString())
                    .filter(name -> !name.equals(".lock"))
                    .map(name -> name.replaceAll("-\\d{10,}-", "-"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Renames a checkpoint as a process would that was stopped between its grant and its rename, and goes on now. */
    private static void renameLate(Path run, String from, String to, long epoch) throws IOException {
        Path place = run.resolve("checkpoints").resolve(to);
        try (Stream<Path> files = Files.list(run.resolve("checkpoints").resolve(from))) {
            Files.createDirectories(place);
            for (Path file : files.toList()) {
                Files.copy(file, place.resolve(file.getFileName()));
            }
        }
        Path manifest = place.resolve("manifest.json");
        String text = Files.readString(manifest).replaceAll("\"epoch\" : \\d+", "\"epoch\" : " + epoch);
        Files.writeString(manifest, text);
    }

    /** A process that was granted the checkpoint of step 2 and fenced off at that of step 4. */
    private static Scripted fencedAtFour(Path out) {
        Scripted first = new Scripted(1, List.of(), step -> step < 4);
        assertThatThrownBy(() -> run(out, first, _ -> {}))
                .isInstanceOfSatisfying(
                        Refused.class, e -> assertThat(e.reason()).isEqualTo(Refused.Reason.WRONG_STATE))
                .hasMessageContaining("fenced off, the job is another process's by epoch 2: another has begun");
        return first;
    }

    @Test
    void aCommitThatIsFencedLeavesNothingAndEndsTheRun() {
        Path out = directory.resolve("fenced");
        Scripted first = fencedAtFour(out);
        assertThat(first.asked).startsWith("begin 0", "commit 2", "affirm", "commit 4");
        assertThat(checkpoints(out)).containsExactly("step-000000002");
        assertThat(out.resolve("config.json")).doesNotExist();
    }

    @Test
    void theNextProcessGoesOnFromWhatWasGrantedAndEndsAsIfNothingHadHappened() {
        Path out = directory.resolve("taken-over");
        fencedAtFour(out);
        Scripted second = new Scripted(2, List.of(new Lineage(1, 0)), _ -> true);
        run(out, second, said::add);
        assertThat(second.asked.getFirst()).isEqualTo("begin 2");
        assertThat(weights(out)).isEqualTo(undisturbed);
        assertThat(TrainingCheckpoint.originOf(out.resolve("checkpoints/step-000000006")))
                .isEqualTo(new Origin("j", 2));
    }

    @Test
    void aLateRenameOfAForkIsNotLoaded() throws IOException {
        Path out = directory.resolve("late");
        fencedAtFour(out);
        renameLate(out, "step-000000002", "step-000000004", 1);
        Scripted third = new Scripted(3, List.of(new Lineage(1, 0), new Lineage(2, 2)), _ -> true);
        run(out, third, said::add);
        assertThat(third.asked.getFirst()).isEqualTo("begin 2");
        assertThat(said)
                .anyMatch(line -> line.contains("step-000000004: of a process that was not the job's any more"));
        assertThat(checkpoints(out)).contains("foreign-step-000000004", "step-000000004", "step-000000006");
        assertThat(weights(out)).isEqualTo(undisturbed);
    }

    @Test
    void aForkThatTakesAPlaceMeanwhileIsSetAsideWhenThePlaceIsNeeded() throws IOException {
        Path out = directory.resolve("place");
        fencedAtFour(out);
        Scripted second = new Scripted(2, List.of(new Lineage(1, 0)), step -> {
            try {
                if (step == 4) {
                    renameLate(out, "step-000000002", "step-000000004", 1);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return true;
        });
        run(out, second, said::add);
        assertThat(checkpoints(out)).containsExactly("foreign-step-000000004", "step-000000004", "step-000000006");
        assertThat(weights(out)).isEqualTo(undisturbed);
    }

    @Test
    void forksDoNotCountAmongThoseThatAreKept() throws IOException {
        Path out = directory.resolve("kept");
        fencedAtFour(out);
        renameLate(out, "step-000000002", "step-000000008", 1);
        renameLate(out, "step-000000002", "step-000000010", 1);
        try (CheckpointStore store = new CheckpointStore(out, second())) {
            store.keep(1);
        }
        assertThat(checkpoints(out)).containsExactly("step-000000002", "step-000000008", "step-000000010");
    }

    private static Scripted second() {
        return new Scripted(2, List.of(new Lineage(1, 0), new Lineage(2, 2)), _ -> true);
    }

    @Test
    void whatIsPartOfAHistoryIsDecidedByWhereLaterEpochsBegan() {
        CommitAuthority authority =
                new Scripted(4, List.of(new Lineage(1, 0), new Lineage(2, 10), new Lineage(4, 30)), _ -> true);
        assertThat(authority.owns(new Origin("j", 1), 10)).isTrue();
        assertThat(authority.owns(new Origin("j", 1), 12)).isFalse();
        assertThat(authority.owns(new Origin("j", 2), 12)).isTrue();
        assertThat(authority.owns(new Origin("j", 3), 30)).isTrue();
        assertThat(authority.owns(new Origin("j", 3), 31)).isFalse();
        assertThat(authority.owns(new Origin("j", 4), 1000)).isTrue();
        assertThat(authority.owns(new Origin("another", 9), 1)).isFalse();
        assertThat(CommitAuthority.ALONE.owns(new Origin("j", 4), 1000)).isTrue();
    }

    @Test
    void aRunOfOneProcessAndACoordinatorsDoNotShareADirectory() {
        Path out = directory.resolve("shared");
        try (CheckpointStore alone = new CheckpointStore(out, CommitAuthority.ALONE)) {
            assertThatThrownBy(() -> new CheckpointStore(out, second()))
                    .hasMessageContaining("in use by another process");
            assertThat(alone.newest(said::add)).isNull();
        }
    }
}
