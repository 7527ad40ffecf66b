package io.espalier.actors.http;

import io.espalier.actors.settings.PemContext;
import io.espalier.gpu.Refused;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.net.ssl.SSLContext;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/**
 * The daemon's HTTP server, on an actor system that is another's. Owns its port, the event clients and the audit log;
 * {@link #close} gives them back, after what is being answered had its time.
 */
public final class HttpService implements AutoCloseable {
    private static final String DASHBOARD = "/io/espalier/actors/dashboard/";
    private static final String OPENAPI = "/io/espalier/actors/http/openapi.json";
    private static final ContentType PROMETHEUS = ContentTypes.parse("text/plain; version=0.0.4; charset=utf-8");

    private final HttpSettings settings;
    private final RouteTable table;
    private final Listener listener;
    private final EventStreams events;
    private final SessionRoutes sessions;
    private final Optional<OwnToken> own;
    private final AuditLog audit;
    private final AtomicBoolean closed = new AtomicBoolean();

    private HttpService(
            HttpSettings settings,
            RouteTable table,
            Listener listener,
            EventStreams events,
            SessionRoutes sessions,
            Optional<OwnToken> own,
            AuditLog audit) {
        this.settings = settings;
        this.table = table;
        this.listener = listener;
        this.events = events;
        this.sessions = sessions;
        this.own = own;
        this.audit = audit;
    }

    /** The ports behind the surface. */
    public record Ports(Snapshots snapshots, JobControl control, Ingest ingest) {}

    /**
     * Starts serving.
     *
     * @param state directory of the daemon, which is there; audit.jsonl is written to it
     * @throws Refused BAD_CONFIGURATION where the address cannot be had or a file not be used
     */
    public static HttpService start(ActorSystem<?> system, HttpSettings settings, Ports ports, Path state) {
        return start(system, settings, ports, state, Clock.systemUTC());
    }

    static HttpService start(ActorSystem<?> system, HttpSettings settings, Ports ports, Path state, Clock clock) {
        Optional<SSLContext> tls = settings.tls()
                .map(files ->
                        PemContext.of(files.key(), files.certificate(), Optional.empty(), HttpSettings.ROOT + ".tls"));
        AuditLog audit = new AuditLog(state, settings.audit(), clock);
        EventStreams events = new EventStreams(system, ports.snapshots(), settings.events());
        try {
            RequestCounters counters = new RequestCounters();
            RequestBody bodies = new RequestBody(system, settings.limits().discarded());
            Operations operations = new Operations(ports.control(), settings.operations(), clock);
            IngestRoute ingest = new IngestRoute(system, ports.ingest(), settings.ingest(), bodies);
            Optional<OwnToken> own =
                    settings.access().open() || settings.access().operateToken().isPresent()
                            ? Optional.empty()
                            : Optional.of(OwnToken.make(state));
            AccessSettings access = own.map(made -> settings.access().withOperateToken(made.token()))
                    .orElse(settings.access());
            Challenges challenges = new Challenges(access, System::nanoTime);
            SessionRoutes sessions = new SessionRoutes(
                    new Sessions(settings.sessions(), System::nanoTime), settings.sessions(), tls.isPresent());
            List<Route> routes = routes(settings, ports.snapshots(), operations, events, counters);
            routes.add(ingest.route());
            routes.addAll(sessions.routes());
            if (tls.isEmpty()) {
                routes.add(challenges.route());
            }
            RouteTable table = new RouteTable(routes);
            Gatekeeper gatekeeper = new Gatekeeper(access, settings.bind(), challenges, sessions);
            Dispatcher dispatcher =
                    new Dispatcher(table, settings, gatekeeper, bodies, audit, counters, System::nanoTime);
            Listener listener = Listener.bind(system, settings, tls, dispatcher::handle);
            HttpService service = new HttpService(settings, table, listener, events, sessions, own, audit);
            challenges.listening(service.address().getPort());
            sessions.listening(service.address());
            return service;
        } catch (RuntimeException e) {
            audit.close();
            throw e;
        }
    }

    private static List<Route> routes(
            HttpSettings settings,
            Snapshots snapshots,
            Operations operations,
            EventStreams events,
            RequestCounters counters) {
        List<Route> routes = new ArrayList<>(new ReadRoutes(snapshots, settings.pages()).routes());
        routes.addAll(new OperateRoutes(operations).routes());
        routes.addAll(new ProbeRoutes(snapshots).routes());
        routes.add(Route.get(
                "/v1/events",
                Access.READ,
                "streamEvents",
                events::open,
                QueryParameter.number("after", 0, Long.MAX_VALUE)));
        routes.add(Route.get(
                "/metrics",
                Access.SCRAPE,
                "getMetrics",
                _ -> metrics(snapshots.prometheus() + counters.prometheus(events.clients()))));
        routes.add(StaticFiles.one("/v1/openapi", Access.READ, "getOpenApi", OPENAPI, ContentTypes.APPLICATION_JSON));
        routes.addAll(StaticFiles.routes(DASHBOARD));
        return routes;
    }

    private static HttpResponse metrics(String text) {
        return Replies.bytes(200, PROMETHEUS, text.getBytes(StandardCharsets.UTF_8));
    }

    /** All that is served. */
    RouteTable table() {
        return table;
    }

    /** The number of clients that follow the stream of events. */
    int eventClients() {
        return events.clients();
    }

    /** The address of the server: the host that was bound, with the port that was found. */
    public URI address() {
        InetSocketAddress local = listener.address();
        String host = settings.bind().host().contains(":")
                ? "[" + settings.bind().host() + "]"
                : settings.bind().host();
        return URI.create((settings.tls().isPresent() ? "https://" : "http://") + host + ":" + local.getPort());
    }

    /** File that holds the token of this start; empty where the settings name another, or ask for none. */
    public Optional<Path> ownToken() {
        return own.map(OwnToken::file);
    }

    /** A link that lets one browser in; empty where all are let in. */
    public Optional<String> link() {
        return settings.access().open() ? Optional.empty() : Optional.of(sessions.link());
    }

    /** Takes no more requests, lets those in work end in their time, and disconnects event clients; idempotent. */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        try {
            events.close();
            listener.close(settings.shutdownWait());
        } finally {
            audit.close();
        }
    }
}
