package io.espalier.actors.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.actors.daemon.DaemonSettings;
import io.espalier.actors.daemon.StateDirectory;
import io.espalier.actors.job.journal.JournalSettings.Database;
import io.espalier.actors.job.journal.SqliteFile;
import io.espalier.actors.node.Node;
import io.espalier.actors.program.NodeWiring;
import io.espalier.actors.report.Table;
import io.espalier.gpu.Refused;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The journal of a daemon that does not run: whether it can be read, and the way back to the copy beside it. */
@Command(
        name = "journal",
        description = "Looks at the journal of a daemon, and goes back to its newest copy.",
        synopsisSubcommandLabel = "WHAT",
        footer = {"", "Example:", "  espalier journal check --state /var/lib/espalier"})
final class JournalCommand {
    /** The options that say which journal a command is about. */
    static final class Where {
        @Option(names = "--config", paramLabel = "FILE", description = "Settings of the daemon.")
        private Path config;

        @Option(names = "--state", paramLabel = "DIR", description = "State directory of the daemon.")
        private Path state;

        private Path state() {
            return settings().node().state();
        }

        private DaemonSettings settings() {
            return DaemonSettings.read(
                    Optional.ofNullable(config), Optional.ofNullable(state), StateDirectory.usual(System::getenv));
        }

        private Path file() {
            DaemonSettings settings = settings();
            return switch (NodeWiring.journalSettings(
                            settings.config(), settings.node().state())
                    .database()) {
                case Database.Sqlite sqlite -> sqlite.file();
                case Database.PostgreSql server ->
                    throw new Refused(
                            Refused.Reason.BAD_CONFIGURATION,
                            "espalier.journal.database is postgresql: " + server.url() + " has backups of its own");
            };
        }
    }

    @Command(
            name = "check",
            description = "Reads every event of the journal and of its copy (exit 78 where one cannot be read).",
            footer = {"", "Example:", "  espalier journal check --state /var/lib/espalier"})
    int check(@Mixin CommonOptions common, @Mixin Where where) {
        Path file = where.file();
        Table table = new Table("file", "jobs", "events", "verdict");
        ObjectNode json = CommonOptions.object();
        SqliteFile.Standing journal = SqliteFile.look(file);
        enter(json.putObject("journal"), table, file, journal);
        enter(json.putObject("copy"), table, SqliteFile.copyOf(file), SqliteFile.look(SqliteFile.copyOf(file)));
        common.print(json, table.toText());
        return journal.faults().isEmpty() ? 0 : Refused.Reason.BAD_CONFIGURATION.exitCode();
    }

    private static void enter(ObjectNode json, Table table, Path file, SqliteFile.Standing standing) {
        json.put("file", file.toString()).put("jobs", standing.jobs()).put("events", standing.events());
        standing.faults().forEach(json.putArray("faults")::add);
        table.row(
                file.toString(),
                Table.count(standing.jobs()),
                Table.count(standing.events()),
                standing.faults().isEmpty() ? "ok" : String.join("; ", standing.faults()));
    }

    @Command(
            name = "restore",
            description = {
                "Puts the copy in the journal's place; what was there is kept under another name. What jobs did since"
                        + " the copy is found again in their directories. The daemon must not run."
            },
            footer = {"", "Example:", "  espalier journal restore --state /var/lib/espalier"})
    int restore(@Mixin CommonOptions common, @Mixin Where where) {
        Path file = where.file();
        return Node.whileStopped(where.state(), () -> {
            Path aside = SqliteFile.restore(file, Instant.now());
            SqliteFile.Standing standing = SqliteFile.look(file);
            ObjectNode json = CommonOptions.object();
            json.put("journal", file.toString()).put("before", aside.toString()).put("jobs", standing.jobs());
            common.print(
                    json,
                    file + " has " + standing.jobs() + " jobs and " + standing.events() + " events again"
                            + (aside.equals(file) ? "" : "; what was there is now " + aside));
            return 0;
        });
    }
}
