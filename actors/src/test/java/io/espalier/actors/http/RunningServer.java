package io.espalier.actors.http;

import com.typesafe.config.ConfigFactory;
import io.espalier.actors.job.EspalierConfig;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Map;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/** The service on a free port of loopback, with fakes behind it, in a directory of its own. */
final class RunningServer implements AutoCloseable {
    static final String READ = "read-token-of-the-tests";
    static final String OPERATE = "operate-token-of-the-tests";
    static final String INGEST = "ingest-token-of-the-tests";

    final FakeSnapshots snapshots = new FakeSnapshots();
    final FakeControl control = new FakeControl();
    final FakeIngest ingest = new FakeIngest();
    final HttpSettings settings;
    final HttpService service;
    final Path state;
    private final ActorSystem<Void> system;

    private RunningServer(Path state, Map<String, Object> values) {
        this.state = state;
        Map<String, Object> all = new HashMap<>();
        all.put("espalier.http.bind.port", 0);
        // Tests are faster than people, and come from one address.
        all.put("espalier.http.limits.requests-per-second", 1_000_000);
        all.put("espalier.http.limits.burst", 1_000_000);
        all.putAll(values);
        this.settings = HttpSettings.of(ConfigFactory.parseMap(all));
        this.system = ActorSystem.create(Behaviors.empty(), "http-test", EspalierConfig.load());
        this.service = HttpService.start(system, settings, new HttpService.Ports(snapshots, control, ingest), state);
    }

    /** Starts a server on which every client of the loopback interface may do everything. */
    static RunningServer open(Path state, Map<String, Object> values) {
        Map<String, Object> all = new HashMap<>(values);
        all.put("espalier.http.access.loopback", "open");
        return new RunningServer(state, all);
    }

    /** Starts a server with its default access: a token of its own. */
    static RunningServer usual(Path state, Map<String, Object> values) {
        return new RunningServer(state, values);
    }

    /** Starts a server with a token of each kind. */
    static RunningServer guarded(Path state, Map<String, Object> values) throws IOException {
        Map<String, Object> all = new HashMap<>(values);
        all.put("espalier.http.access.read-token-file", tokenFile(state, "read", READ));
        all.put("espalier.http.access.operate-token-file", tokenFile(state, "operate", OPERATE));
        all.put("espalier.http.access.ingest-token-file", tokenFile(state, "ingest", INGEST));
        return new RunningServer(state, all);
    }

    static String tokenFile(Path directory, String name, String token) throws IOException {
        Path file = Files.writeString(directory.resolve("given-" + name + ".token"), token + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        return file.toString();
    }

    URI address() {
        return service.address();
    }

    /** A request to it that lacks a token. */
    RawRequest request(String method, String path) {
        return new RawRequest(address(), method, path);
    }

    @Override
    public void close() {
        try {
            service.close();
        } finally {
            system.terminate();
            system.getWhenTerminated().toCompletableFuture().join();
        }
    }
}
