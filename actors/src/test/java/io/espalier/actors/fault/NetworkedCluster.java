package io.espalier.actors.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.actors.cli.Main;
import io.espalier.actors.job.journal.JdbcJournal;
import io.espalier.actors.job.journal.JobEvent;
import io.espalier.actors.job.journal.Journal;
import io.espalier.actors.job.journal.JournalSettings;
import io.espalier.actors.job.journal.PostgresServer;
import io.espalier.actors.node.Authority;
import io.espalier.actors.node.NodeProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;

/**
 * Nodes on hosts of a test's network: TLS and sealed links between them, their coordinator's journal in a PostgreSQL beside
 * them. Owns all but the network.
 */
final class NetworkedCluster implements AutoCloseable {
    private static final int PORT = 25_520;
    private static final long PATIENCE_SECONDS = 240;
    private static final long POLL_MILLIS = 20;

    private final Path directory;
    private final TestNetwork network;
    private final Authority authority;
    private final List<String> hosts;
    private final PostgresServer server;
    private final Journal journal;
    private final List<NodeProcess> nodes = new ArrayList<>();

    /** @param hosts names of the nodes, that of the first host first: it founds the cluster */
    NetworkedCluster(Path directory, TestNetwork network, Authority authority, List<String> hosts) throws IOException {
        this.directory = directory;
        this.network = network;
        this.authority = authority;
        this.hosts = hosts;
        this.server = PostgresServer.start(PostgresServer.binaries(), network.here());
        this.journal =
                JdbcJournal.open(new JournalSettings(server.database(), Duration.ofSeconds(10), 16), Clock.systemUTC());
    }

    /**
     * Starts the node of a host, for the first time or again.
     *
     * @param ranks what it runs, as in its configuration
     * @param more arguments
     */
    NodeProcess start(String name, String ranks, String... more) throws IOException, InterruptedException {
        int host = hosts.indexOf(name);
        List<String> arguments = new ArrayList<>(List.of("node"));
        arguments.addAll(List.of(more));
        NodeProcess node = NodeProcess.start(
                directory.resolve(name + "-" + nodes.size()),
                config(name, host, ranks),
                new NodeProcess.Program(network.on(host), properties(host), Main.class.getName(), arguments));
        nodes.add(node);
        return node;
    }

    private String config(String name, int host, String ranks) throws IOException, InterruptedException {
        List<String> seeds = new ArrayList<>();
        for (int seed = 0; seed < hosts.size(); seed++) {
            seeds.add("\"" + network.address(seed) + ":" + PORT + "\"");
        }
        StringBuilder config = new StringBuilder(
                """
                espalier.node {
                  name = %s
                  state = "%s"
                  control { host = "%s", port = %d, seeds = %s }
                  # Three processors' work is done on two.
                  detection.acceptable-pause = 5 s
                  ranks { process = child, threads = 1, heap-mib = 256, %s }
                }
                """.formatted(name, directory.resolve("state-" + name), network.address(host), PORT, seeds, ranks));
        authority
                .certificate(name, "IP:" + network.address(host))
                .forEach((key, file) ->
                        config.append(key).append(" = \"").append(file).append("\"\n"));
        return config.toString();
    }

    private Map<String, String> properties(int host) {
        JournalSettings.Database.PostgreSql database = server.database();
        Map<String, String> properties = new LinkedHashMap<>();
        properties.put("logback.configurationFile", "coordinator-logback.xml");
        properties.put("espalier.journal.database", "postgresql");
        properties.put("espalier.journal.postgresql.url", database.url());
        properties.put("espalier.journal.postgresql.user", database.user());
        properties.put("espalier.journal.postgresql.password-file", database.passwordFile());
        properties.put("espalier.transport.channel", "udp");
        properties.put("espalier.transport.host", network.address(host));
        // A student that was the job's before is waited for so long.
        properties.put("espalier.coordinator.silence", "15 s");
        return properties;
    }

    /** All that has happened to a job. */
    List<Journal.Entry> history(String job) {
        return journal.read(job).toCompletableFuture().join();
    }

    /** Waits for an event of a job that fits; gives when it happened. */
    Instant await(String job, String what, Predicate<JobEvent> fits) throws InterruptedException {
        List<Journal.Entry> found = new ArrayList<>();
        await(what, () -> {
            history(job).stream().filter(entry -> fits.test(entry.event())).forEach(found::add);
            return !found.isEmpty();
        });
        return found.getFirst().time();
    }

    /** Waits for something to be so. */
    void await(String what, BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime())
                    .as(what + " did not come to be:\n" + logs())
                    .isLessThan(deadline);
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
    }

    /** The output of its nodes. */
    String logs() {
        StringBuilder all = new StringBuilder();
        nodes.forEach(node -> all.append("\n== a node, alive ")
                .append(node.isAlive())
                .append('\n')
                .append(node.output()));
        return all.toString();
    }

    /** Ends the nodes, whose ranks end with them, and waits for that: their namespaces are free then. */
    @Override
    public void close() {
        nodes.forEach(NodeProcess::close);
        try (server) {
            journal.close();
        }
    }
}
