package io.espalier.actors.cli;

import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** The command by which an operator asks a daemon about its ranks. */
@Command(
        name = "rank",
        description = "Looks after the ranks of a daemon.",
        synopsisSubcommandLabel = "WHAT",
        footer = {"", "Example:", "  espalier rank list"})
final class RanksCommand {
    @Command(
            name = "list",
            description = "Shows the ranks.",
            footer = {"", "Example:", "  espalier rank list --json"})
    int list(@Mixin ServerOptions server) {
        return server.show(
                client -> client.get("/v1/ranks"),
                answer -> AnswerText.rows(
                        answer.path("ranks"),
                        List.of("name", "health", "state", "process", "pid", "device", "job", "restarts", "cause")));
    }

    @Command(
            name = "restart",
            description = "Has a rank keep what it learns in a checkpoint, and begin anew.",
            footer = {"", "Example:", "  espalier rank restart local-student-0"})
    int restart(
            @Mixin ServerOptions server,
            @Parameters(paramLabel = "NAME", description = "Name of the rank.") String name) {
        String path = "/v1/ranks/" + ServerOptions.segment(name) + "/restart";
        return server.show(
                client -> client.operate("POST", path, Optional.empty(), server.patience()), AnswerText::operation);
    }
}
