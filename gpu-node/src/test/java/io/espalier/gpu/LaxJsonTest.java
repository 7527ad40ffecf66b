package io.espalier.gpu;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A file that is no JSON may be any file: what it says is not repeated to whoever has named it. */
@Timeout(60)
class LaxJsonTest {
    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "canary:*:20228:0:99999:7:::",
                "{canary: 1}",
                "{\"a\": canary}",
                "{\"a\": \"canary",
                "{\"a\": tcanary}",
                "{\"a\": 1canary}",
                "{\"a\": \"\\canary\"}",
                "[1] canary",
                "{\"a\" 'canary'}"
            })
    void aMalformedFileIsNotQuoted(String text) throws IOException {
        Path file = Files.writeString(directory.resolve("config.json"), text);
        assertThatThrownBy(() -> LaxJson.read(file))
                .isInstanceOf(Refused.class)
                .hasMessageContaining("config.json: content is no JSON (line 1, column ")
                .hasMessageNotContaining("anary");
    }
}
