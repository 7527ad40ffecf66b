package io.espalier.actors.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.actors.client.DaemonClient;
import io.espalier.actors.client.DaemonUnreachable;
import io.espalier.actors.daemon.DaemonFile;
import io.espalier.actors.daemon.StateDirectory;
import io.espalier.gpu.Refused;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The options that say which daemon a command talks to, and in what form the answer is shown. */
@Command(optionListHeading = "Daemon")
final class ServerOptions {
    @Option(
            names = "--server",
            paramLabel = "URL",
            description =
                    "Address of the daemon (default: that of the daemon which runs with the state directory on this"
                            + " host).")
    String server;

    @Option(
            names = "--token-file",
            paramLabel = "FILE",
            description = "File whose first line is the token that is shown to the daemon.")
    Path tokenFile;

    @Option(
            names = "--state",
            paramLabel = "DIR",
            description = "State directory of the daemon (default: ESPALIER_STATE, or ~/.local/state/espalier).")
    Path state;

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            description = "Longest wait until what was asked for is done; 0 does not wait.")
    int timeout;

    @Option(names = "--json", description = "Print one JSON object on standard output, all else on standard error.")
    boolean json;

    Duration patience() {
        if (timeout < 0) {
            throw Refused.usage("--timeout", timeout, "must not be negative");
        }
        return Duration.ofSeconds(timeout);
    }

    /** Asks the daemon, and prints the answer: as it is, or as the text of it. */
    int show(Function<DaemonClient, JsonNode> question, Function<JsonNode, String> text) {
        try (DaemonClient client = client()) {
            JsonNode answer = question.apply(client);
            System.out.println(json ? answer.toString() : text.apply(answer));
            return 0;
        }
    }

    DaemonClient client() {
        if (server != null) {
            return new DaemonClient(
                    address(server), Optional.ofNullable(tokenFile).map(ServerOptions::token));
        }
        DaemonFile daemon = daemon(state == null ? StateDirectory.usual(System::getenv) : state);
        Path secret = tokenFile == null && !daemon.tokenFile().isEmpty() ? Path.of(daemon.tokenFile()) : tokenFile;
        return new DaemonClient(daemon.url(), Optional.ofNullable(secret).map(ServerOptions::token));
    }

    /** Without a scheme it is http, which a daemon on this host speaks. */
    private static URI address(String written) {
        try {
            URI address = new URI(written.contains("://") ? written : "http://" + written);
            if (("http".equals(address.getScheme()) || "https".equals(address.getScheme()))
                    && address.getHost() != null) {
                return address;
            }
        } catch (URISyntaxException _) {
            // Said below.
        }
        throw Refused.usage("--server", written, "must be HOST:PORT, or begin with http:// or https://");
    }

    /** Something an operator named, as part of a path. */
    static String segment(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private static DaemonFile daemon(Path state) {
        try {
            return DaemonFile.read(state);
        } catch (Refused e) {
            throw e.reason() == Refused.Reason.NOT_FOUND ? new DaemonUnreachable(e.getMessage(), e) : e;
        }
    }

    private static String token(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (java.nio.file.NoSuchFileException e) {
            throw Refused.notFound(file, "no such file");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
