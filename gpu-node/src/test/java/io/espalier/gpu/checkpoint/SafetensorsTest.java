package io.espalier.gpu.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.gpu.Refused;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A safetensors header is believed only as far as the file bears it out. */
class SafetensorsTest {
    @TempDir
    Path directory;

    private Path file(String header, int dataBytes) throws IOException {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes = ByteBuffer.allocate(8 + json.length + dataBytes).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(json.length).put(json);
        return Files.write(directory.resolve("model.safetensors"), bytes.array());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        {"w":{"dtype":"F32","shape":[2],"data_offsets":[0,16]}}  | w.data_offsets is [0, 16): must lie within the data of 8 bytes
        {"w":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}}   | must span the 4 bytes of its shape and type
        {"w":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}   | w.data_offsets is [8, 0)
        {"w":{"dtype":"F32","shape":[-1],"data_offsets":[0,8]}}  | w.shape is [-1]: must be non-negative integers
        {"w":{"dtype":5,"shape":[2],"data_offsets":[0,8]}}       | w.dtype is 5: must be the name of a type
        {"w":{"dtype":"F5","shape":[2],"data_offsets":[0,9]}}    | w.data_offsets is [0, 9): must lie within the data
        {"w":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]}} | w.shape: must not exceed 2^63 bytes
        {"w":{"dtype":"F32","shape":[2]}}                        | w.data_offsets is absent: must be non-negative integers
        {"a":{"dtype":"U8","shape":[6],"data_offsets":[0,6]},"b":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}} | b.data_offsets is 4: must be 6, where the tensor before it ends
        {"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}    | size is 8 bytes of data: must be the 4 of its tensors
        {"w":{"dtype":"F32","shape":[1.9],"data_offsets":[0,8]}} | w.shape is [1.9]: must be non-negative integers
        {"w":{"dtype":"F32","shape":{"0":2},"data_offsets":[0,8]}} | w.shape is {"0":2}: must be non-negative integers
        {"w":{"dtype":"F32","data_offsets":[0,8]}}               | w.shape is absent: must be non-negative integers
        {"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}} | Duplicate field
        [1,2]                                                    | header is ARRAY: must be a JSON object
        {"w":                                                    | must be JSON
        """)
    void refusesAHeaderThatLies(String header, String message) throws IOException {
        Path file = file(header, 8);
        assertThatThrownBy(() -> SafetensorsFile.open(file))
                .isInstanceOf(Refused.class)
                .hasMessageStartingWith(file.toString())
                .hasMessageContaining(message)
                .hasMessageNotContaining("\n");
    }

    @Test
    void aTensorOfAnUnknownTypeIsInNobodysWayUntilItIsAskedFor() throws IOException {
        Path file = file(
                "{\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
                        + "\"s\":{\"dtype\":\"F8_E8M0\",\"shape\":[4],\"data_offsets\":[4,8]}}",
                8);
        try (SafetensorsFile tensors = SafetensorsFile.open(file)) {
            assertThat(tensors.names()).containsExactly("w", "s");
            assertThat(tensors.tensor("w").bytes().byteSize()).isEqualTo(4);
            assertThatThrownBy(() -> tensors.tensor("s"))
                    .hasMessageContaining("tensor s.dtype is F8_E8M0: must be BF16, F16 or F32");
        }
    }

    @Test
    void tellsThatAFileHasChangedSinceItWasOpened() throws IOException {
        Path file = file("{\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4);
        try (SafetensorsFile tensors = SafetensorsFile.open(file)) {
            tensors.requireUnchanged();
            byte[] again = Files.readAllBytes(file);
            Files.write(file, again);
            Files.setLastModifiedTime(file, java.nio.file.attribute.FileTime.fromMillis(1_000));
            assertThatThrownBy(tensors::requireUnchanged)
                    .isInstanceOf(Refused.class)
                    .hasMessage(file + ": changed while it was read: must stay as it is until then");
            Files.delete(file);
            assertThatThrownBy(tensors::requireUnchanged).isInstanceOf(Refused.class);
        }
    }

    @Test
    void refusesATruncatedFileAtEveryLength() throws IOException {
        byte[] whole = Files.readAllBytes(file("{\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8));
        for (int length = 0; length < whole.length; length++) {
            Path cut = Files.write(directory.resolve("cut"), java.util.Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> SafetensorsFile.open(cut)).isInstanceOf(Refused.class);
        }
    }

    @Test
    void refusesAHeaderLengthBeyondTheFile() throws IOException {
        Path file = Files.write(
                directory.resolve("x"),
                ByteBuffer.allocate(16)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(1L << 62)
                        .array());
        assertThatThrownBy(() -> SafetensorsFile.open(file)).hasMessageContaining("header length");
    }

    @Test
    void namesAFileThatIsNotThere() {
        assertThatThrownBy(() -> SafetensorsFile.open(directory.resolve("absent")))
                .isInstanceOfSatisfying(
                        Refused.class, e -> assertThat(e.reason()).isEqualTo(Refused.Reason.NOT_FOUND));
    }
}
