package io.espalier.actors.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.streams.source.Compression;
import io.espalier.streams.source.TextFile;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Each file of held-out text is a domain of its own. */
class HeldOutNamesTest {
    private static List<String> names(String... paths) {
        List<TextFile> files = Arrays.stream(paths)
                .map(path -> new TextFile(Path.of(path), TextFile.Format.JSONL, Compression.NONE, 1))
                .toList();
        return List.copyOf(HeldOut.names(files).values());
    }

    @Test
    void filesOfOneNameAreToldApartByTheDirectoriesAboveThem() {
        assertThat(names("/data/law/held.jsonl", "/data/code/held.jsonl", "/data/chat.jsonl"))
                .containsExactly("law/held.jsonl", "code/held.jsonl", "chat.jsonl");
        assertThat(names("/a/x/held.jsonl", "/b/x/held.jsonl")).containsExactly("a/x/held.jsonl", "b/x/held.jsonl");
        assertThat(names("/held.jsonl", "/b/held.jsonl")).containsExactly("held.jsonl", "b/held.jsonl");
    }

    @Test
    void oneFileUnderTwoSpellingsIsOneDomain() {
        assertThat(names("/a/held.jsonl", "/a/../a/held.jsonl")).containsExactly("held.jsonl", "held.jsonl");
    }
}
