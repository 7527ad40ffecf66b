package io.espalier.streams.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import io.espalier.gpu.Refused;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A recipe's live section over its defaults; what is wrong in it is refused by name. */
class LiveSettingsTest {
    private static final String GENERATED = "sources { g { kind = generated, domains = [{ name = a, words = 9 }] } }";

    @TempDir
    Path directory;

    private LiveSettings read(String hocon) {
        return LiveSettings.of(ConfigFactory.parseString(hocon), directory);
    }

    @Test
    void whatIsNotSaidIsAsTheDefaultsSay() {
        LiveSettings settings = read(
                GENERATED + ", sources { in-box { kind = folder, directory = /in } }, dedupe { window = 5 }, gates {}");
        assertThat(settings.window()).isEqualTo(5);
        assertThat(settings.deadLetters()).isEqualTo(new DeadLetterSettings(16 << 20, 200, 1000, 0.2));
        assertThat(settings.replay().share()).isZero();
        assertThat(settings.sources().keySet()).containsExactly("g", "in-box");
        assertThat(settings.sources().get("in-box"))
                .isEqualTo(new FolderSettings(Path.of("/in"), Duration.ofSeconds(2), Duration.ofSeconds(10)));
    }

    @Test
    void propertiesOfKafkaGoToItAsTheyAreAndAreNotShown() {
        LiveSettings settings = read("sources { k { kind = kafka, topic = t, bootstrap = \"h:1\", properties {"
                + " sasl.jaas.config = secret, \"max.poll.records\" = 7, ssl { keystore.type = PEM } } } }");
        KafkaSettings kafka = (KafkaSettings) settings.sources().get("k");
        assertThat(kafka.properties())
                .containsEntry("sasl.jaas.config", "secret")
                .containsEntry("max.poll.records", "7")
                .containsEntry("ssl.keystore.type", "PEM")
                .containsEntry("isolation.level", "read_committed")
                .containsEntry("bootstrap.servers", "h:1");
        assertThat(settings.toString()).doesNotContain("secret");
        assertThat(settings.httpSources()).isEmpty();
        assertThat(read(GENERATED + ", sources { in { kind = http } }").httpSources())
                .containsExactly("in");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        sources {}                                   | live.sources is {}: must name at least one
        sources { A { kind = folder } }              | live.sources is A: a name must be of small letters
        sources { a {} }                             | live.sources.a.kind is absent: must be one of [
        sources { a { kind = ftp } }                 | live.sources.a.kind is ftp: must be one of [
        sources { a { kind = folder, path = x } }    | live.sources.a is [path]: unknown keys
        sources { a { kind = folder } }              | live.sources.a.directory is "": must be named
        sources { a { kind = folder, settle = x } }  | live.sources.a.directory is "": must be named
        sources { a { kind = generated } }           | live.sources.a.domains is []: must name at least one
        sources { g { domains = [{ name = a }] } }   | live.sources.g.domains is a: must have either files or words
        sources { g { records-per-second = -1 } }    | live.sources.g.records-per-second is -1.0: must be at least 0
        sources { g { schedule = [{ domain = b }] } } | live.sources.g.schedule is b: must be one of the domains
        sources { g { record-words = 0 } }           | live.sources.g.record-words is 0: must be at least 1
        sources { k { kind = kafka, topic = t } }    | live.sources.k.bootstrap is "": must be named
        sources { k { kind = kafka, format = xml, topic = t, bootstrap = b } } | live.sources.k.format is xml: must be one of [json, text]
        sources { k { kind = kafka, topic = t, bootstrap = b, properties { group.id = g } } } | live.sources.k.properties is group.id: must not be set
        dedupe { window = -1 }                       | live.dedupe.window is -1: must be at least 0
        dedupe { windows = 1 }                       | live.dedupe is [windows]: unknown keys
        dead-letters { max-share = 0 }               | live.dead-letters.max-share is 0.0: must be above 0
        dead-letters { window = 0 }                  | live.dead-letters.window is 0: must be at least 1
        replay { share = 1 }                         | live.replay.share is 1.0: must be at least 0 and below 1
        replay { share = 0.1 }                       | live.replay.share is 0.1: must be 0 where nothing can be replayed
        replay { past { rows = 64, share = 2 } }     | live.replay.past.share is 2.0: must be from 0 to 1
        replay { past { row = 64 } }                 | live.replay.past is [row]: unknown keys
        poll = 3                                     | live. is [poll]: unknown keys
        dedupe { window = many }                     | live:
        """)
    void whatBreaksARuleIsRefused(String hocon, String message) {
        String whole =
                hocon.startsWith("sources { g ") || !hocon.startsWith("sources") ? GENERATED + "," + hocon : hocon;
        assertThatThrownBy(() -> read(whole))
                .isInstanceOfSatisfying(
                        Refused.class,
                        refused -> assertThat(refused.reason()).isEqualTo(Refused.Reason.BAD_CONFIGURATION))
                .hasMessageStartingWith(message);
    }

    @Test
    void filesThatAreNotThereAreRefusedWhenTheSectionIsRead() {
        assertThatThrownBy(() -> read(GENERATED + ", replay { share = 0.1, anchors = [\"/nowhere.jsonl\"] }"))
                .isInstanceOf(Refused.class)
                .hasMessageContaining("/nowhere.jsonl");
    }
}
