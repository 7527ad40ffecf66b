package io.espalier.gpu.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.gpu.Refused;
import io.espalier.gpu.checkpoint.Sha256;
import io.espalier.gpu.train.TrainingCheckpoint.Leave;
import io.espalier.gpu.train.TrainingCheckpoint.Origin;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A checkpoint takes its place by leave alone and as a whole, and says who has written it. */
@Timeout(30)
class TrainingCheckpointTest {
    @TempDir
    Path directory;

    private Path place() {
        return directory.resolve("step-000000010");
    }

    private void write(Origin origin, Leave leave) {
        try (Snapshot snapshot = new Snapshot(10)) {
            TrainingCheckpoint.write(place(), snapshot, Map.of("state.pb", new byte[] {1, 2}), origin, leave);
        }
    }

    private List<String> names(Path path) throws IOException {
        try (Stream<Path> entries = Files.list(path)) {
            return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void leaveIsAskedForTheManifestThatTakesItsPlaceAndOrigin() {
        List<String> asked = new ArrayList<>();
        write(new Origin("job-1", 7), sha256 -> {
            assertThat(place()).doesNotExist();
            asked.add(sha256);
        });
        assertThat(asked).containsExactly(Sha256.ofFile(place().resolve("manifest.json")));
        assertThat(TrainingCheckpoint.originOf(place())).isEqualTo(new Origin("job-1", 7));
        try (TrainingCheckpoint checkpoint = TrainingCheckpoint.open(place())) {
            assertThat(checkpoint.file("state.pb")).containsExactly(1, 2);
        }
    }

    @Test
    void leaveThatIsRefusedLeavesNothing() throws IOException {
        assertThatThrownBy(() -> write(Origin.ALONE, _ -> {
                    throw new Refused(Refused.Reason.WRONG_STATE, "fenced off");
                }))
                .hasMessage("fenced off");
        assertThat(names(directory)).isEmpty();
    }

    @Test
    void aPlaceThatIsTakenIsNotTouched() throws IOException {
        assertThatThrownBy(() -> write(Origin.ALONE, _ -> write(new Origin("other", 2), _ -> {})))
                .isInstanceOf(Refused.class)
                .hasMessageContaining("step-000000010: has come to exist meanwhile");
        assertThat(TrainingCheckpoint.originOf(place())).isEqualTo(new Origin("other", 2));
        assertThat(names(directory)).containsExactly("step-000000010");
        TrainingCheckpoint.open(place()).close();
    }

    @Test
    void oneFromBeforeOriginsWereWrittenIsNobodysInParticular() throws IOException {
        write(Origin.ALONE, _ -> {});
        Path manifest = place().resolve("manifest.json");
        String without = Files.readString(manifest).replaceAll(",\\s*\"origin\"[^}]*\\}", "");
        assertThat(without).doesNotContain("origin").contains("state.pb");
        Files.writeString(manifest, without);
        assertThat(TrainingCheckpoint.originOf(place())).isEqualTo(Origin.ALONE);
        TrainingCheckpoint.open(place()).close();
    }

    @Test
    void aManifestWhoseBytesLookLikeAnotherEncodingIsDamagedAndNothingElse() throws IOException {
        write(Origin.ALONE, _ -> {});
        Path manifest = place().resolve("manifest.json");
        byte[] good = Files.readAllBytes(manifest);
        for (byte[] head :
                new byte[][] {{'{', 0, 0, 0}, {0, 0, 0, '{'}, {'{', 0, '\n', 0}, {(byte) 0xff, (byte) 0xfe}}) {
            byte[] damaged = good.clone();
            System.arraycopy(head, 0, damaged, 0, head.length);
            Files.write(manifest, damaged);
            assertThatThrownBy(() -> TrainingCheckpoint.open(place()))
                    .isInstanceOfSatisfying(
                            Refused.class, e -> assertThat(e.reason()).isEqualTo(Refused.Reason.VALIDATION));
        }
    }

    @Test
    void theSizesThatTheManifestSaysAreCompared() throws IOException {
        write(Origin.ALONE, _ -> {});
        Path manifest = place().resolve("manifest.json");
        String text = Files.readString(manifest);
        Files.writeString(manifest, text.replaceFirst("\"bytes\" : (\\d+)", "\"bytes\" : 1$1"));
        assertThatThrownBy(() -> TrainingCheckpoint.open(place())).hasMessageContaining("size is");
    }
}
