package io.espalier.actors.job.journal;

import com.typesafe.config.Config;
import io.espalier.actors.settings.ConfigSection;
import io.espalier.gpu.Refused;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;

/**
 * The place and the bounds of the journal ({@code espalier.journal}).
 *
 * @param timeout of one statement, a wait for another writer included
 * @param queueCapacity requests that may wait; further ones fail
 */
public record JournalSettings(Database database, Duration timeout, int queueCapacity) {
    private static final Set<String> KEYS = Set.of("database", "sqlite", "postgresql", "timeout", "queue-capacity");
    private static final Set<String> SQLITE_KEYS = Set.of("file", "copy-every");
    private static final Set<String> POSTGRESQL_KEYS = Set.of("url", "user", "password-file", "password-env");

    /** The databases that can hold a journal. */
    public sealed interface Database {
        /**
         * A file of one host; its directory is created where it is absent.
         *
         * @param copyEvery how often a verified copy is kept beside it, where there is anything new
         */
        record Sqlite(Path file, Duration copyEvery) implements Database {}

        /**
         * A server.
         *
         * @param url {@code jdbc:postgresql:…}, without credentials
         * @param passwordFile whose first line is the password; empty for none
         * @param passwordEnv variable that holds it, where there is no file
         */
        record PostgreSql(String url, String user, String passwordFile, String passwordEnv) implements Database {
            public PostgreSql {
                if (!url.startsWith("jdbc:postgresql:")) {
                    throw bad("postgresql.url", url, "must begin with jdbc:postgresql:");
                }
                if (url.contains("password") || url.contains("@")) {
                    throw bad("postgresql.url", "not shown here", "must hold no credentials");
                }
            }
        }
    }

    /** Reads {@code espalier.journal}; unknown keys are refused. */
    public static JournalSettings of(Config root) {
        Config config = ConfigSection.of(root, "espalier-journal.conf", "espalier.journal", KEYS);
        ConfigSection.requireKnown(config.getConfig("sqlite"), "espalier.journal.sqlite", SQLITE_KEYS);
        ConfigSection.requireKnown(config.getConfig("postgresql"), "espalier.journal.postgresql", POSTGRESQL_KEYS);
        Database database = switch (config.getString("database")) {
            case "sqlite" ->
                new Database.Sqlite(Path.of(config.getString("sqlite.file")), config.getDuration("sqlite.copy-every"));
            case "postgresql" ->
                new Database.PostgreSql(
                        config.getString("postgresql.url"),
                        config.getString("postgresql.user"),
                        config.getString("postgresql.password-file"),
                        config.getString("postgresql.password-env"));
            default -> throw bad("database", config.getString("database"), "must be sqlite or postgresql");
        };
        return new JournalSettings(database, config.getDuration("timeout"), config.getInt("queue-capacity"));
    }

    public JournalSettings {
        if (timeout.toSeconds() < 1) {
            throw bad("timeout", timeout, "must be at least 1 s");
        }
        if (queueCapacity < 1) {
            throw bad("queue-capacity", queueCapacity, "must be at least 1");
        }
    }

    private static Refused bad(String key, Object value, String rule) {
        return new Refused(Refused.Reason.BAD_CONFIGURATION, "espalier.journal." + key + " is " + value + ": " + rule);
    }
}
