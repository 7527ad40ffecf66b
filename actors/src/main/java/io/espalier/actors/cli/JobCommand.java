package io.espalier.actors.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.gpu.Refused;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The command by which an operator asks a daemon about its jobs. */
@Command(
        name = "job",
        description = "Submits jobs to a daemon, and looks after them.",
        synopsisSubcommandLabel = "WHAT",
        subcommands = {JobSubmitCommand.class, JobStatusCommand.class},
        footer = {"", "Example:", "  espalier job list"})
final class JobCommand {
    private static final String ID = "Name of the job.";

    @Command(
            name = "list",
            description = "Shows the jobs.",
            footer = {"", "Example:", "  espalier job list --json"})
    int list(@Mixin ServerOptions server) {
        return server.show(
                client -> client.get("/v1/jobs"),
                answer -> AnswerText.rows(
                        answer.path("jobs"),
                        List.of("id", "command", "state", "step", "loss", "kl", "dead_letters", "published", "cause")));
    }

    @Command(
            name = "pause",
            description = "Has a job take no further batch until it is resumed.",
            footer = {"", "Example:", "  espalier job pause continual-demo"})
    int pause(@Mixin ServerOptions server, @Parameters(paramLabel = "ID", description = ID) String id) {
        return operate(server, "PUT", path(id, "pause"));
    }

    @Command(
            name = "resume",
            description = "Has a paused job go on.",
            footer = {"", "Example:", "  espalier job resume continual-demo"})
    int resume(@Mixin ServerOptions server, @Parameters(paramLabel = "ID", description = ID) String id) {
        return operate(server, "PUT", path(id, "resume"));
    }

    @Command(
            name = "stop",
            description = "Ends a job for good: the step in flight finishes, the model is saved.",
            footer = {"", "Example:", "  espalier job stop continual-demo --timeout 600"})
    int stop(
            @Mixin ServerOptions server,
            @Parameters(paramLabel = "ID", description = ID) String id,
            @Option(names = "--now", description = "Save no model: a checkpoint is what the job leaves.") boolean now) {
        return operate(server, "PUT", path(id, "stop") + "?mode=" + (now ? "now" : "drain"));
    }

    @Command(
            name = "checkpoint",
            description = "Has the student write a checkpoint at the next whole step.",
            footer = {"", "Example:", "  espalier job checkpoint continual-demo"})
    int checkpoint(@Mixin ServerOptions server, @Parameters(paramLabel = "ID", description = ID) String id) {
        return operate(server, "POST", path(id, "checkpoints"));
    }

    @Command(
            name = "rollback",
            description = "Has the student go back to the weights of a published version; the stream goes on.",
            footer = {"", "Example:", "  espalier job rollback continual-demo --to v000003"})
    int rollback(
            @Mixin ServerOptions server,
            @Parameters(paramLabel = "ID", description = ID) String id,
            @Option(
                            names = "--to",
                            required = true,
                            paramLabel = "VERSION",
                            description = "Version to go back to, as in versions/.")
                    String version) {
        return operate(server, path(id, "rollback"), CommonOptions.object().put("version", version));
    }

    @Command(
            name = "tune",
            description = "Changes the learning rate or the share of replayed text from the next step on.",
            footer = {"", "Example:", "  espalier job tune continual-demo --learning-rate 2e-4 --replay-share 0.3"})
    int tune(
            @Mixin ServerOptions server,
            @Parameters(paramLabel = "ID", description = ID) String id,
            @Option(names = "--learning-rate", description = "Learning rate that takes the place of the schedule's.")
                    Double learningRate,
            @Option(names = "--replay-share", description = "Share of replayed rows among all, at least 0 and below 1.")
                    Double replayShare) {
        ObjectNode settings = CommonOptions.object();
        Optional.ofNullable(learningRate).ifPresent(rate -> settings.put("learning_rate", rate));
        Optional.ofNullable(replayShare).ifPresent(share -> settings.put("replay_share", share));
        if (settings.isEmpty()) {
            throw new Refused(Refused.Reason.USAGE, "tune takes --learning-rate, --replay-share, or both");
        }
        return operate(server, path(id, "settings"), settings);
    }

    @Command(
            name = "teacher",
            description = "Has the student learn from another teacher after the next checkpoint.",
            footer = {"", "Example:", "  espalier job teacher continual-demo models/teacher-2"})
    int teacher(
            @Mixin ServerOptions server,
            @Parameters(paramLabel = "ID", description = ID) String id,
            @Parameters(paramLabel = "DIR", description = "The model.") Path teacher,
            @Option(names = "--digest", paramLabel = "SHA256", description = "SHA-256 that the teacher must have.")
                    String digest) {
        ObjectNode swap = CommonOptions.object()
                .put("teacher", teacher.toAbsolutePath().normalize().toString());
        Optional.ofNullable(digest).ifPresent(sha256 -> swap.put("digest", sha256));
        return operate(server, path(id, "teacher"), swap);
    }

    @Command(
            name = "ledger",
            description = "Shows which records of each source are part of each checkpoint.",
            footer = {"", "Example:", "  espalier job ledger continual-demo --json"})
    int ledger(@Mixin ServerOptions server, @Parameters(paramLabel = "ID", description = ID) String id) {
        return server.show(client -> client.get(path(id, "ledger")), AnswerText::ledger);
    }

    static String path(String id, String what) {
        return "/v1/jobs/" + ServerOptions.segment(id) + "/" + what;
    }

    private static int operate(ServerOptions server, String method, String path) {
        return server.show(
                client -> client.operate(method, path, Optional.empty(), server.patience()), AnswerText::operation);
    }

    private static int operate(ServerOptions server, String path, ObjectNode body) {
        return server.show(
                client -> client.operate("POST", path, Optional.of(body), server.patience()), AnswerText::operation);
    }
}
