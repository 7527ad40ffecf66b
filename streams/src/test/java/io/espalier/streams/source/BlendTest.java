package io.espalier.streams.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.gpu.Refused;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A blend gives every document once, in an order of its seed, and mixes its files to the end. */
@Timeout(60)
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
        try (Blend blend = new Blend(
                files,
                BlendWeights.BY_SIZE,
                new ReadSettings("text", 1 << 20),
                seed,
                BlendPosition.start(files.size()))) {
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

    @Test
    void sharesAreOfTheTextWhateverTheFilesHold() {
        BlendWeights weights = BlendWeights.of(files, Map.of("long*", 1.0, "**/short.jsonl", 3.0));
        Map<String, Long> characters = new HashMap<>();
        try (Blend blend = new Blend(files, weights, new ReadSettings("text", 1 << 20), 4, BlendPosition.start(2))) {
            for (int i = 0; i < 20_000; i++) {
                Document.Text next = (Document.Text) blend.next();
                characters.merge(next.text().substring(0, 4), next.length(), Long::sum);
            }
        }
        double share = (double) characters.get("shor") / (characters.get("shor") + characters.get("long"));
        assertThat(share).isBetween(0.7, 0.8);
    }

    @Test
    void refusesWeightsThatLeaveAQuestion() {
        refused(Map.of("long*", 1.0), "must match every file, not all but");
        refused(Map.of("long*", 1.0, "*", 2.0), "to one glob");
        refused(Map.of("*", 1.0, "other*", 2.0), "data-weight other*: must match a file of data");
        refused(Map.of("*", 0.0), "data-weight *=0.0: must be above 0");
        refused(Map.of("[", 1.0), "must be a glob");
    }

    private void refused(Map<String, Double> weights, String message) {
        assertThatThrownBy(() -> BlendWeights.of(files, weights))
                .isInstanceOf(Refused.class)
                .hasMessageContaining(message);
    }

    @Test
    void aFileWithoutTextLeavesAnEndlessBlend() throws IOException {
        List<TextFile> empty = TextFile.find(List.of(write("none", 0, 0)), List.of());
        BlendWeights weights = BlendWeights.of(empty, Map.of("*", 1.0));
        try (Blend blend = new Blend(empty, weights, new ReadSettings("text", 100), 4, BlendPosition.start(1))) {
            assertThat(blend.next()).isNull();
        }
    }
}
