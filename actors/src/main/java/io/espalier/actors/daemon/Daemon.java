package io.espalier.actors.daemon;

import io.espalier.actors.health.HealthHub;
import io.espalier.actors.health.HealthSources;
import io.espalier.actors.health.WatchedJob;
import io.espalier.actors.http.HttpService;
import io.espalier.actors.http.Snapshots;
import io.espalier.actors.node.Node;
import io.espalier.actors.protocol.JobList;
import io.espalier.actors.protocol.JobSpec;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A running daemon. Owns the state directory, the node with its ranks, the spools, and the HTTP service over all of it;
 * {@link #close} parks what is learnt, and then ends them in the reverse order of their beginning.
 */
public final class Daemon implements AutoCloseable {
    private final Node node;
    private final HealthHub health;
    private final HttpService http;
    /** The parts in the order in which they end: the last to begin comes first. */
    private final Deque<AutoCloseable> parts;

    private Daemon(Node node, HealthHub health, HttpService http, Deque<AutoCloseable> parts) {
        this.node = node;
        this.health = health;
        this.http = http;
        this.parts = parts;
    }

    /**
     * Starts a daemon, which goes on with the jobs that have not ended.
     *
     * @throws io.espalier.gpu.Refused where another has the state directory, or an address is taken
     */
    public static Daemon start(DaemonSettings settings, DaemonParts wiring) throws InterruptedException {
        StateDirectory state = StateDirectory.prepare(settings.node().state());
        wiring.privateFiles().forEach(state::file);
        Deque<AutoCloseable> parts = new ArrayDeque<>();
        try {
            Node node = Node.start(settings.node(), () -> wiring.node(settings));
            parts.push(node);
            return start(settings, wiring, state, node, parts);
        } catch (RuntimeException | InterruptedException e) {
            close(parts, e);
            throw e;
        }
    }

    private static Daemon start(
            DaemonSettings settings, DaemonParts wiring, StateDirectory state, Node node, Deque<AutoCloseable> parts) {
        Coordination coordination = new Coordination(node.system(), node.coordinator(), settings.answerWait());
        SpoolIngest ingest =
                new SpoolIngest(state.path().resolve("spool"), settings.spool(), Clock.systemUTC(), wiring.troubles());
        parts.push(ingest);
        JobsSeen jobs = new JobsSeen(
                node.system(),
                coordination,
                settings.jobsEvery(),
                settings.jobsEndedShown(),
                wiring.troubles(),
                list -> serve(list, ingest));
        parts.push(jobs);
        HealthHub health = HealthHub.start(new HealthSources(
                node.system(),
                () -> watched(jobs.last()),
                node::processes,
                wiring::transport,
                wiring.troubles(),
                settings.root(),
                state.path(),
                Clock.systemUTC()));
        parts.push(health);
        Outcomes outcomes = new Outcomes(node, settings.orderWait(), () -> health.events(0, Integer.MAX_VALUE));
        Snapshots.Subscription events = health.subscribe(outcomes::accept);
        parts.push(events);
        ExecutorService compiling = Executors.newSingleThreadExecutor(
                Thread.ofPlatform().name("job-compiler").daemon().factory());
        parts.push(compiling);
        HttpService http = HttpService.start(
                node.system(),
                settings.http(),
                new HttpService.Ports(
                        health,
                        new DaemonJobs(
                                coordination,
                                wiring.compiler(),
                                Admission.listed(settings.paths(), settings.kafkaProperties(), state.path()),
                                ingest,
                                outcomes,
                                compiling),
                        ingest),
                state.path());
        parts.push(http);
        String token = http.ownToken()
                .map(Path::toString)
                .orElseGet(() -> settings.root().getString("espalier.http.access.operate-token-file"));
        new DaemonFile(http.address(), ProcessHandle.current().pid(), token).write(state);
        parts.push(() -> DaemonFile.remove(state));
        return new Daemon(node, health, http, parts);
    }

    /** The sources of the jobs that have not ended are taken from, and no others. */
    private static void serve(JobList list, SpoolIngest ingest) {
        Set<String> sources = new HashSet<>();
        for (JobSpec job : DaemonJobs.unfinished(list)) {
            sources.addAll(job.httpSources());
        }
        ingest.serve(sources);
    }

    private static List<WatchedJob> watched(JobList list) {
        return list.jobs().stream()
                .map(entry -> new WatchedJob(
                        entry.job(),
                        entry.view(),
                        entry.job().out().orElse(entry.job().directory())))
                .toList();
    }

    /** The address at which the daemon is reached. */
    public URI address() {
        return http.address();
    }

    /** A link that lets one browser in, once; empty where it is not needed. */
    public Optional<String> link() {
        return http.link();
    }

    /** Waits until the daemon has ended, because it was closed or because the cluster has let it go. */
    public void awaitTermination() {
        node.awaitTermination();
    }

    /** Parks what is learnt, while pages and probes are still answered; then ends all the rest. Idempotent. */
    @Override
    public synchronized void close() {
        if (parts.isEmpty()) {
            return;
        }
        health.draining();
        node.stopRanks();
        close(parts, null);
    }

    /** Each has its turn, whatever the others throw. */
    private static void close(Deque<AutoCloseable> parts, Exception cause) {
        RuntimeException failure = null;
        while (!parts.isEmpty()) {
            try {
                parts.pop().close();
            } catch (Exception e) {
                failure = e instanceof RuntimeException unchecked ? unchecked : new IllegalStateException(e);
                if (cause != null) {
                    cause.addSuppressed(e);
                }
            }
        }
        if (failure != null && cause == null) {
            throw failure;
        }
    }
}
