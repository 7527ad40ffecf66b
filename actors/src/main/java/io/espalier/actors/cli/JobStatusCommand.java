package io.espalier.actors.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.actors.client.DaemonClient;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "status",
        description = "Shows how a job stands.",
        footer = {"", "Example:", "  espalier job status continual-demo --watch"})
final class JobStatusCommand implements Callable<Integer> {
    private static final long EVERY_SECONDS = 2;
    private static final Set<String> ENDS = Set.of("stopped", "failed");

    @Mixin
    private ServerOptions server;

    @Parameters(paramLabel = "ID", description = "Name of the job.")
    private String id;

    @Option(names = "--watch", description = "Again every 2 s, until the job has ended.")
    private boolean watch;

    @Override
    public Integer call() throws InterruptedException {
        try (DaemonClient client = server.client()) {
            while (true) {
                JsonNode job = client.get("/v1/jobs/" + ServerOptions.segment(id));
                System.out.println(text(job));
                if (!watch || ENDS.contains(job.path("state").asText())) {
                    return 0;
                }
                TimeUnit.SECONDS.sleep(EVERY_SECONDS);
            }
        }
    }

    private String text(JsonNode job) {
        if (server.json) {
            return job.toString();
        }
        return watch ? AnswerText.line(job) : AnswerText.fields(job);
    }
}
