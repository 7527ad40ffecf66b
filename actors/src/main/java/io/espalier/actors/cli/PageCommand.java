package io.espalier.actors.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "page",
        description = "Prints a link to a daemon's page that lets one browser in, once.",
        footer = {"", "Example:", "  espalier page"})
final class PageCommand implements Callable<Integer> {
    @Mixin
    private ServerOptions server;

    @Override
    public Integer call() {
        return server.show(
                client -> client.post("/v1/links"),
                answer -> answer.path("link").asText());
    }
}
