package io.espalier.streams.source;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A blend gives every document once, in an order of its seed, and mixes its files to the end. */
class BlendTest {
    @TempDir
    Path directory;

    private List<TextFile> files;

    @BeforeEach
    void write() throws IOException {
        files = TextFile.find(List.of(write("long", 200, 2000), write("short", 400, 50)), List.of());
    }

    private Path write(String name, int documents, int length) throws IOException {
        List<String> lines = IntStream.range(0, documents)
                .mapToObj(i -> "{\"text\":\"" + name + " " + i + " " + "x".repeat(length) + "\"}")
                .toList();
        return Files.write(directory.resolve(name + ".jsonl"), lines);
    }

    private List<String> draw(long seed) {
        List<String> names = new ArrayList<>();
        try (Blend blend =
                new Blend(files, new ReadSettings("text", 1 << 20), seed, BlendPosition.start(files.size()))) {
            for (Document next = blend.next(); next != null; next = blend.next()) {
                String text = ((Document.Text) next).text();
                names.add(text.substring(0, text.indexOf(" x")));
            }
        }
        return names;
    }

    @Test
    void givesEveryDocumentOnceInAnOrderThatTheSeedFixes() {
        List<String> drawn = draw(1);
        assertThat(drawn)
                .hasSize(600)
                .doesNotHaveDuplicates()
                .isEqualTo(draw(1))
                .isNotEqualTo(draw(2));
    }

    @Test
    void filesOfUnlikeDocumentsRunOutTogether() {
        List<String> lastFifth = draw(3).subList(480, 600);
        assertThat(lastFifth.stream()
                        .collect(Collectors.groupingBy(
                                name -> name.substring(0, name.indexOf(" ")), Collectors.counting())))
                .containsKeys("long", "short");
    }
}
