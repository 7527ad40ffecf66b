package io.espalier.actors.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.streams.source.TextFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run's text is known by what it says, not by where it lies, at a cost that is bounded. */
class TextDigestTest {
    @TempDir
    Path directory;

    private Path text(String name, String content) throws IOException {
        Path file = directory.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, content);
    }

    private static String digest(long most, Path... files) {
        return TextDigest.of(Arrays.stream(files).map(TextFile::of).toList(), most);
    }

    @Test
    void theSameTextIsTheSameWhereverItLies() throws IOException {
        Path here = text("a/train set.jsonl", "{\"text\": \"she gave it\"}\n");
        Path there = text("b/moved.jsonl", "{\"text\": \"she gave it\"}\n");
        String then = digest(TextDigest.MOST, here);
        assertThat(TextDigest.isSame(then, digest(TextDigest.MOST, there))).isTrue();
        assertThat(TextDigest.isSame(then, digest(TextDigest.MOST, directory.resolve("a/../a/train set.jsonl"))))
                .isTrue();
    }

    @Test
    void otherTextOfTheSameLengthIsAnotherAndNamed() throws IOException {
        Path one = text("one.txt", "first");
        Path two = text("two.jsonl", "{\"text\": \"she gave it\"}\n");
        String then = digest(TextDigest.MOST, one, two);
        text("two.jsonl", "{\"text\": \"she took it\"}\n");
        String now = digest(TextDigest.MOST, one, two);
        assertThat(TextDigest.isSame(now, then)).isFalse();
        assertThat(TextDigest.difference(now, then))
                .startsWith(two + " (24 bytes, digest ")
                .contains("must be the run's " + two);
        assertThat(TextDigest.isSame(digest(TextDigest.MOST, one), then)).isFalse();
        assertThat(TextDigest.difference(digest(TextDigest.MOST, one), then)).startsWith("no further file");
        assertThat(TextDigest.isSame(digest(TextDigest.MOST, two, one), now))
                .as("in another order it is read in another order")
                .isFalse();
    }

    @Test
    void ofMoreTextThanIsReadBeginningEndAndWhatLiesBetweenCount() throws IOException {
        byte[] bytes = new byte[4 << 20];
        Path file = Files.write(directory.resolve("large.txt"), bytes);
        String then = digest(1 << 20, file);
        for (int at : List.of(0, bytes.length - 1)) {
            byte[] changed = bytes.clone();
            changed[at] = 1;
            Files.write(file, changed);
            assertThat(TextDigest.isSame(digest(1 << 20, file), then))
                    .as("byte %d", at)
                    .isFalse();
        }
        int noticed = 0;
        for (int block = 0; block < 64; block++) {
            byte[] changed = bytes.clone();
            changed[block << 16] = 1;
            Files.write(file, changed);
            noticed += TextDigest.isSame(digest(1 << 20, file), then) ? 0 : 1;
        }
        assertThat(noticed).as("blocks of 64 that are read").isEqualTo(16);
    }
}
