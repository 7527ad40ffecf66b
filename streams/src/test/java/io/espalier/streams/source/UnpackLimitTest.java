package io.espalier.streams.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.ZstdOutputStream;
import io.espalier.gpu.Refused;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A file of few bytes does not unpack to more than any text does. */
@Timeout(60)
class UnpackLimitTest {
    private static final ReadSettings READING = new ReadSettings("text", 1 << 20);

    @TempDir
    Path directory;

    private static OutputStream packed(Path file) throws IOException {
        OutputStream out = Files.newOutputStream(file);
        return file.toString().endsWith(".gz") ? new GZIPOutputStream(out) : new ZstdOutputStream(out);
    }

    private static long read(Path file) {
        long documents = 0;
        try (DocumentReader reader = TextFile.of(file).open(READING)) {
            while (reader.next() != null) {
                documents++;
            }
        }
        return documents;
    }

    @ParameterizedTest
    @ValueSource(strings = {"bomb.txt.gz", "bomb.txt.zst", "bomb.jsonl.gz", "bomb.jsonl.zst"})
    void aBombIsRefusedByName(String name) throws IOException {
        Path bomb = directory.resolve(name);
        byte[] piece = new byte[1 << 20];
        Arrays.fill(piece, (byte) 'a');
        byte[] line = ("{\"text\":\"" + "a".repeat((1 << 20) - 20) + "\"}\n").getBytes(StandardCharsets.UTF_8);
        try (OutputStream out = packed(bomb)) {
            for (int i = 0; i < 70; i++) {
                out.write(name.contains("jsonl") ? line : piece);
            }
        }
        assertThatThrownBy(() -> read(bomb))
                .isInstanceOfSatisfying(
                        Refused.class, e -> assertThat(e.reason()).isEqualTo(Refused.Reason.VALIDATION))
                .hasMessageStartingWith(bomb + ": ");
    }

    @Test
    void textThatRepeatsItselfMuchIsRead() throws IOException {
        Path file = directory.resolve("log.jsonl.gz");
        Random random = new Random(7);
        try (OutputStream out = packed(file)) {
            for (int i = 0; i < 30_000; i++) {
                String text =
                        "request " + random.nextInt(1_000_000) + " was answered after " + random.nextInt(100) + " ms";
                out.write(("{\"text\":\"" + text + " by the very same server as ever\"}\n")
                        .getBytes(StandardCharsets.UTF_8));
            }
        }
        assertThat(read(file)).isEqualTo(30_000);
    }
}
