package io.espalier.actors.continual;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.actors.continual.Versions.Judged;
import io.espalier.gpu.Refused;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A published version is complete and stays for a while, and the remains of a kill go. */
class VersionsTest {
    @TempDir
    Path run;

    private Versions versions;

    @BeforeEach
    void open() {
        versions = new Versions(run, 2);
        versions.begin(this::checkpoint, judged(0));
    }

    private void checkpoint(Path place) {
        try {
            Files.createDirectories(place);
            Files.writeString(place.resolve("manifest.json"), "{}");
            Files.writeString(place.resolve("weights.safetensors"), place.toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Judged judged(long step) {
        return new Judged("teacher", step, Map.of("tales", new double[] {1, 0.5 / (1 + step)}));
    }

    private String publish(long step) throws IOException {
        String version = versions.next();
        Files.createDirectories(versions.model(version));
        Files.writeString(versions.model(version).resolve("config.json"), "{}");
        Path checkpoint = run.resolve("checkpoints/step-" + step);
        checkpoint(checkpoint);
        ObjectNode lineage = JsonMapper.builder().build().createObjectNode().put("version", version);
        versions.publish(version, checkpoint, lineage, judged(step));
        return version;
    }

    @Test
    void theLinkLeadsToTheNewestAndTheOldestGo() throws IOException {
        assertThat(versions.reference()).isEqualTo(Versions.START);
        for (int step = 1; step <= 4; step++) {
            assertThat(publish(step)).isEqualTo("v00000" + step);
            assertThat(versions.published()).contains("v00000" + step);
            assertThat(run.resolve("published").resolve(Versions.LINEAGE)).exists();
        }
        assertThat(run.resolve("versions")).isDirectoryNotContaining("glob:**/v000001");
        assertThat(versions.exists("v000001")).isFalse();
        assertThat(versions.exists("v000002")).isTrue();
        assertThat(versions.exists(Versions.START)).isFalse();
        assertThat(versions.judged("v000003")).hasValueSatisfying(judged -> {
            assertThat(judged.step()).isEqualTo(3);
            assertThat(judged.kl().get("tales")).containsExactly(1, 0.125);
        });
        assertThatThrownBy(() -> versions.requireKnown("v000001")).isInstanceOf(Refused.class);
        assertThatThrownBy(() -> versions.requireKnown("../../etc")).isInstanceOf(Refused.class);
    }

    @Test
    void aStateOutlivesTheCheckpointThatItWasTakenFrom() throws IOException {
        String version = publish(1);
        Files.delete(run.resolve("checkpoints/step-1/weights.safetensors"));
        assertThat(versions.state(version).resolve("weights.safetensors")).hasContent(run + "/checkpoints/step-1");
    }

    @Test
    void goingBackMovesTheLinkAndKeepsBoth() throws IOException {
        publish(1);
        publish(2);
        versions.makeCurrent("v000001");
        assertThat(versions.reference()).isEqualTo("v000001");
        assertThat(versions.exists("v000002")).isTrue();
        assertThat(publish(3)).isEqualTo("v000003");
    }

    @Test
    void whatWasNeverFinishedIsGoneAfterAStart() throws IOException {
        publish(1);
        Files.createDirectories(run.resolve("versions/v000002"));
        Files.writeString(run.resolve("versions/v000002/config.json"), "{}");
        Files.createDirectories(run.resolve("states/.v000002"));
        Versions again = new Versions(run, 2);
        assertThat(run.resolve("versions/v000002")).doesNotExist();
        assertThat(run.resolve("states/.v000002")).doesNotExist();
        assertThat(again.published()).contains("v000001");
        assertThat(again.next()).isEqualTo("v000002");
    }
}
