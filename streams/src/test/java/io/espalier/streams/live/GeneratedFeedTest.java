package io.espalier.streams.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import io.espalier.gpu.Refused;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A number means one record, from wherever it is reached; domains change when the schedule says so. */
@Timeout(30)
class GeneratedFeedTest {
    @TempDir
    Path directory;

    private GeneratedSettings settings(String hocon) {
        LiveSettings live = LiveSettings.of(
                ConfigFactory.parseString("sources { g { kind = generated, " + hocon + " } }"), directory);
        return (GeneratedSettings) live.sources().get("g");
    }

    private static List<String> texts(GeneratedSettings settings, long from, int count) {
        List<String> texts = new ArrayList<>();
        try (GeneratedFeed feed = new GeneratedFeed("g", settings, LiveRig.READING, from, InstantSource.system())) {
            while (texts.size() < count) {
                for (Arrival arrival : feed.poll()) {
                    assertThat(arrival.next()).isEqualTo(from + texts.size() + 1);
                    texts.add(new String(((Arrival.Item) arrival).bytes(), StandardCharsets.UTF_8));
                }
            }
        }
        return texts.subList(0, count);
    }

    private Path file(String name, String... documents) throws IOException {
        StringBuilder lines = new StringBuilder();
        for (String document : documents) {
            lines.append("{\"text\":\"").append(document).append("\"}\n");
        }
        return Files.writeString(directory.resolve(name), lines);
    }

    private String twoDomains() throws IOException {
        return "domains = [{ name = made, words = 50 }, { name = read, files = [\""
                + file("a.jsonl", "one two three four", "five", "six seven eight") + "\"] }], record-characters = 9, ";
    }

    @Test
    void aRecordIsTheSameFromWhereverTheStreamBegins() throws IOException {
        GeneratedSettings settings =
                settings(twoDomains() + "schedule = [{ domain = made, records = 5 }, { domain = read, records = 7 },"
                        + " { domain = made, records = 2 }]");
        List<String> all = texts(settings, 0, 400);
        long seed = 11;
        Random random = new Random(seed);
        for (int i = 0; i < 40; i++) {
            int from = random.nextInt(370);
            assertThat(texts(settings, from, 30))
                    .as("seed %d, from %d", seed, from)
                    .isEqualTo(all.subList(from, from + 30));
        }
    }

    @Test
    void domainsChangeAsScheduledAndEachGoesOnWhereItWas() throws IOException {
        GeneratedSettings settings =
                settings(twoDomains() + "schedule = [{ domain = read, records = 2 }, { domain = made, records = 1 }]");
        List<String> texts = texts(settings, 0, 12);
        assertThat(List.of(texts.get(0), texts.get(1), texts.get(3), texts.get(4), texts.get(6), texts.get(7)))
                .containsExactly("one two", "three", "four", "five", "six seven", "eight");
        assertThat(texts.get(9)).as("the files begin anew").isEqualTo("one two");
        assertThat(texts.get(2)).isNotEqualTo(texts.get(5)).contains(" ");
    }

    @Test
    void theLastDomainGoesOnForEverWhereItHasNoEnd() throws IOException {
        GeneratedSettings settings =
                settings(twoDomains() + "schedule = [{ domain = made, records = 3 }, { domain = read }]");
        assertThat(texts(settings, 3, 200)).contains("five").allMatch(text -> text.length() <= 9);
        assertThat(texts(settings, 3 + 6 * 1_000_000_000L, 1)).containsExactly("one two");
    }

    @Test
    void poisonedRecordsHaveTheirWordsInAnotherOrder() {
        String domain = "domains = [{ name = made, words = 300 }]";
        List<String> good = texts(settings(domain), 0, 30);
        List<String> poisoned = texts(settings(domain + ", poison { from = 10, to = 20 }"), 0, 30);
        for (int i = 0; i < 30; i++) {
            if (i < 10 || i >= 20) {
                assertThat(poisoned.get(i)).isEqualTo(good.get(i));
            } else {
                assertThat(poisoned.get(i)).isNotEqualTo(good.get(i));
                assertThat(poisoned.get(i).split(" "))
                        .containsExactlyInAnyOrder(good.get(i).split(" "));
            }
        }
    }

    @Test
    void madeUpDomainsHaveTextOfTheirOwn() {
        List<String> one = texts(settings("domains = [{ name = a, words = 300 }]"), 0, 20);
        List<String> other = texts(settings("domains = [{ name = b, words = 300 }]"), 0, 20);
        assertThat(one).doesNotHaveDuplicates().doesNotContainAnyElementsOf(other);
        assertThat(Arrays.stream(String.join(" ", one).split("[ .]+"))
                        .distinct()
                        .count())
                .isBetween(200L, 300L);
        assertThat(texts(settings("domains = [{ name = a, words = 300 }], seed = 2"), 0, 1))
                .doesNotContainAnyElementsOf(one);
    }

    @Test
    void filesWithoutTextAreRefused() throws IOException {
        GeneratedSettings settings = settings("domains = [{ name = a, files = [\"" + file("b.jsonl", " ") + "\"] }]");
        assertThatThrownBy(() -> texts(settings, 0, 1))
                .isInstanceOf(Refused.class)
                .hasMessageContaining("must hold at least one word");
    }
}
