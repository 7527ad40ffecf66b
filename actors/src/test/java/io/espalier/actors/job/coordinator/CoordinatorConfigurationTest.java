package io.espalier.actors.job.coordinator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.espalier.actors.job.CommitSettings;
import io.espalier.actors.job.journal.JournalSettings;
import io.espalier.gpu.Refused;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;

/** The shipped settings are valid, and a setting that breaks a rule is refused by its name. */
@Timeout(20)
class CoordinatorConfigurationTest {
    @Test
    void whatIsShippedIsValid() {
        assertThat(CoordinatorSettings.of(ConfigFactory.empty()).silence()).hasSeconds(30);
        assertThat(CommitSettings.of(ConfigFactory.empty()).patience()).hasMinutes(2);
        assertThat(JournalSettings.of(ConfigFactory.empty()).database())
                .isEqualTo(new JournalSettings.Database.Sqlite(
                        Path.of("espalier-state/journal.db"), Duration.ofMinutes(10)));
    }

    @Test
    void thePasswordIsNeverInTheConfiguration() {
        JournalSettings settings = JournalSettings.of(ConfigFactory.parseString(
                "espalier.journal { database = postgresql, postgresql.password-file = /run/secrets/journal }"));
        assertThat(settings.database())
                .isEqualTo(new JournalSettings.Database.PostgreSql(
                        "jdbc:postgresql://localhost/espalier",
                        "espalier",
                        "/run/secrets/journal",
                        "ESPALIER_JOURNAL_PASSWORD"));
    }

    @TestFactory
    Stream<DynamicTest> whatBreaksARuleIsRefused() {
        return Stream.of(
                        refusal(
                                "espalier.coordinator.silense = 3 s",
                                CoordinatorSettings::of,
                                "unknown keys [silense]"),
                        refusal("espalier.coordinator.silence = 10 ms", CoordinatorSettings::of, "no shorter"),
                        refusal("espalier.coordinator.max-jobs = 0", CoordinatorSettings::of, "max-jobs 0"),
                        refusal("espalier.coordinator.max-backoff = 1 ms", CoordinatorSettings::of, "must be above 0"),
                        refusal("espalier.commit.patience = 1 s", CommitSettings::of, "no shorter than answer-timeout"),
                        refusal("espalier.commit.tries = 1", CommitSettings::of, "unknown keys [tries]"),
                        refusal("espalier.journal.database = mysql", JournalSettings::of, "sqlite or postgresql"),
                        refusal(
                                "espalier.journal.postgresql.password = x",
                                JournalSettings::of,
                                "unknown keys [password]"),
                        refusal("espalier.journal.sqlite.mode = x", JournalSettings::of, "unknown keys [mode]"),
                        refusal("espalier.journal.queue-capacity = 0", JournalSettings::of, "must be at least 1"),
                        refusal(
                                "espalier.journal { database = postgresql, postgresql.url ="
                                        + " \"jdbc:postgresql://h/d?password=x\" }",
                                JournalSettings::of,
                                "must hold no credentials"),
                        refusal(
                                "espalier.journal { database = postgresql, postgresql.url = \"jdbc:h2:mem\" }",
                                JournalSettings::of,
                                "must begin with jdbc:postgresql:"))
                .map(refusal -> DynamicTest.dynamicTest(
                        refusal.text(),
                        () -> assertThatThrownBy(() -> refusal.parse().apply(ConfigFactory.parseString(refusal.text())))
                                .isInstanceOfSatisfying(
                                        Refused.class,
                                        e -> assertThat(e.reason()).isEqualTo(Refused.Reason.BAD_CONFIGURATION))
                                .hasMessageContaining(refusal.message())));
    }

    private record Refusal(String text, Function<Config, ?> parse, String message) {}

    private static Refusal refusal(String text, Function<Config, ?> parse, String message) {
        return new Refusal(text, parse, message);
    }
}
