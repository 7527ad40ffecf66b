package io.espalier.actors.cli;

import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** The command by which an operator asks a daemon about its cluster. */
@Command(
        name = "cluster",
        description = "Shows the cluster of a daemon.",
        synopsisSubcommandLabel = "WHAT",
        footer = {"", "Example:", "  espalier cluster members"})
final class ClusterCommand {
    @Command(
            name = "members",
            description = "Shows who is a member, and how it stands.",
            footer = {"", "Example:", "  espalier cluster members --json"})
    int members(@Mixin ServerOptions server) {
        return server.show(
                client -> client.get("/v1/cluster/members"),
                answer -> AnswerText.rows(
                        answer.path("members"), List.of("address", "status", "reachable", "leader", "self")));
    }
}
