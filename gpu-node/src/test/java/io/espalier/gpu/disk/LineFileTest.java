package io.espalier.gpu.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.gpu.Refused;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LineFileTest {
    @TempDir
    Path directory;

    @Test
    void whatAKillHasTornOffIsCutBeforeTheNextLine() throws IOException {
        Path path = Files.writeString(directory.resolve("events.jsonl"), "one\ntwo\nthr");
        try (LineFile file = LineFile.open(path)) {
            file.add("four");
        }
        assertThat(path).hasContent("one\ntwo\nfour");
    }

    @Test
    void aFileThatIsNothingButATornLineIsEmpty() throws IOException {
        Path path = Files.writeString(directory.resolve("events.jsonl"), "x".repeat(20_000));
        try (LineFile file = LineFile.open(path)) {
            assertThat(file.length()).isZero();
        }
        assertThat(path).isEmptyFile();
    }

    @Test
    void aTornLineLongerThanABlockIsCutAtItsBeginning() throws IOException {
        Path path = Files.writeString(directory.resolve("events.jsonl"), "one\n" + "x".repeat(50_000));
        try (LineFile file = LineFile.open(path)) {
            assertThat(file.length()).isEqualTo(4);
        }
        assertThat(path).hasContent("one\n");
    }

    @Test
    void aFullDiskTakesNoLineAndTheNextOneFollowsTheLastThatWasTaken() throws IOException {
        Path path = directory.resolve("events.jsonl");
        try (LineFile file = LineFile.open(path)) {
            file.add("one");
            try (FullDisk _ = FullDisk.below(directory)) {
                assertThatThrownBy(() -> file.add("two"))
                        .isInstanceOf(Refused.class)
                        .hasMessage(path + ": no space left on the disk");
                assertThatThrownBy(() -> file.keep(_ -> false)).isInstanceOf(Refused.class);
            }
            assertThat(path).hasContent("one\n");
            file.add("three");
            file.sync();
        }
        assertThat(path).hasContent("one\nthree\n");
    }

    @Test
    void linesThatAreNotWantedGoAtOnce() throws IOException {
        Path path = directory.resolve("events.jsonl");
        try (LineFile file = LineFile.open(path)) {
            file.add("one");
            file.add("two");
            file.keep(line -> line.equals("two"));
            file.add("three");
        }
        assertThat(path).hasContent("two\nthree\n");
    }

    @Test
    void bytesThatAreNoTextDoNotKeepTheOtherLinesFromBeingRead() throws IOException {
        Path path = directory.resolve("events.jsonl");
        Files.write(path, new byte[] {'o', 'n', 'e', '\n', (byte) 0xff, (byte) 0xfe, '\n', 't', 'w', 'o', '\n'});
        try (LineFile file = LineFile.open(path)) {
            file.keep(line -> line.length() == 3);
        }
        assertThat(path).hasContent("one\ntwo\n");
    }
}
