package io.espalier.actors.http;

import io.espalier.actors.settings.PemContext;
import io.espalier.gpu.Refused;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.event.NoLogging;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.settings.ServerSettings;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.KillSwitches;
import org.apache.pekko.stream.SharedKillSwitch;
import org.apache.pekko.stream.TLSClosing;
import org.apache.pekko.stream.TLSProtocol.SessionBytes;
import org.apache.pekko.stream.TLSProtocol.SslTlsInbound;
import org.apache.pekko.stream.TLSProtocol.SslTlsOutbound;
import org.apache.pekko.stream.javadsl.BidiFlow;
import org.apache.pekko.stream.javadsl.Flow;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.stream.javadsl.TLSPlacebo;
import org.apache.pekko.stream.javadsl.Tcp;
import org.apache.pekko.util.ByteString;

/**
 * Takes connections and speaks HTTP on them. Owns the port and the connections, of which there are never more than places;
 * none may cost a line of the log, which its client could fill.
 */
final class Listener implements AutoCloseable {
    private final ActorSystem<?> system;
    private final LimitSettings limits;
    private final ServerSettings http;
    private final BiFunction<HttpRequest, Places.Place, CompletionStage<HttpResponse>> handler;
    private final Places places;
    private final Descriptors descriptors = Descriptors.ofThisProcess();
    private final Set<SharedKillSwitch> open = ConcurrentHashMap.newKeySet();
    private Tcp.ServerBinding binding;

    private Listener(
            ActorSystem<?> system,
            HttpSettings settings,
            BiFunction<HttpRequest, Places.Place, CompletionStage<HttpResponse>> handler) {
        this.system = system;
        this.limits = settings.limits();
        long largest = Math.max(limits.body(), settings.ingest().body());
        this.http = ServerSettings.create(limits.server(system.settings().config(), largest));
        this.handler = handler;
        this.places = new Places(limits.connections(), limits.connectionsOfOne());
    }

    /**
     * Listens.
     *
     * @param handler answers a request on the connection that has the place; never fails
     * @throws Refused BAD_CONFIGURATION where the address cannot be had
     */
    static Listener bind(
            ActorSystem<?> system,
            HttpSettings settings,
            Optional<SSLContext> tls,
            BiFunction<HttpRequest, Places.Place, CompletionStage<HttpResponse>> handler) {
        Listener listener = new Listener(system, settings, handler);
        listener.descriptors.compare(settings.limits().connections());
        try {
            listener.binding = listener.connections(settings.bind(), tls)
                    .via(new AcceptGate<>(listener::hasRoom))
                    .toMat(Sink.foreach(listener::serve), Keep.left())
                    .run(system)
                    .toCompletableFuture()
                    .join();
            return listener;
        } catch (CompletionException e) {
            throw new Refused(
                    Refused.Reason.BAD_CONFIGURATION,
                    HttpSettings.ROOT + ".bind: " + settings.bind().host() + ":"
                            + settings.bind().port() + " cannot be listened on: "
                            + e.getCause().getMessage(),
                    e);
        }
    }

    private Source<Tcp.IncomingConnection, CompletionStage<Tcp.ServerBinding>> connections(
            HttpSettings.Bind bind, Optional<SSLContext> tls) {
        Tcp tcp = Tcp.get(Adapter.toClassic(system));
        return tls.map(context -> tcp.bindWithTls(
                        bind.host(),
                        bind.port(),
                        () -> engine(context),
                        limits.backlog(),
                        List.of(),
                        Optional.empty(),
                        _ -> Optional.empty(),
                        TLSClosing.eagerClose()))
                .orElseGet(
                        () -> tcp.bind(bind.host(), bind.port(), limits.backlog(), List.of(), false, Optional.empty()));
    }

    private static SSLEngine engine(SSLContext tls) {
        SSLEngine engine = tls.createSSLEngine();
        engine.setUseClientMode(false);
        engine.setEnabledProtocols(new String[] {PemContext.PROTOCOL});
        return engine;
    }

    /**
     * Whether there is room for one more connection. The connection that has waited longest for its client is closed
     * where descriptors run out.
     */
    private boolean hasRoom() {
        if (descriptors.suffice()) {
            return true;
        }
        places.giveUpOne();
        return false;
    }

    private void serve(Tcp.IncomingConnection connection) {
        SharedKillSwitch end = KillSwitches.shared("http-connection");
        Places.Place place = places.take(connection.remoteAddress().getAddress(), end::shutdown);
        if (place == null) {
            end.shutdown();
        } else {
            open.add(end);
        }
        connection
                .handleWith(flow(connection.remoteAddress(), place, end).watchTermination((_, done) -> done), system)
                .whenComplete((_, _) -> {
                    open.remove(end);
                    if (place != null) {
                        place.free();
                    }
                });
    }

    private Flow<ByteString, ByteString, NotUsed> flow(
            InetSocketAddress client, Places.Place place, SharedKillSwitch end) {
        Flow<HttpRequest, HttpResponse, NotUsed> answers = BidiFlow.fromGraph(
                        new ConnectionDeadline(limits.requestWait()))
                .join(Flow.<HttpRequest>create().mapAsync(1, request -> handler.apply(request, place)));
        BidiFlow<SslTlsOutbound, SslTlsOutbound, SessionBytes, SslTlsInbound, NotUsed> unsealed =
                BidiFlow.fromFunctions(bytes -> bytes, bytes -> bytes);
        Flow<ByteString, ByteString, NotUsed> served = Http.get(Adapter.toClassic(system))
                .serverLayer(http, Optional.of(client), NoLogging.getInstance())
                .atop(unsealed)
                .atop(TLSPlacebo.getInstance())
                .atop(BidiFlow.<ByteString, ByteString>bidirectionalIdleTimeout(limits.idle()))
                .reversed()
                .join(answers)
                // A failure of these layers is the client's doing, and the client is answered: nothing is logged.
                .addAttributes(Attributes.createLogLevels(
                        Attributes.logLevelOff(), Attributes.logLevelOff(), Attributes.logLevelOff()));
        return Flow.<ByteString>create()
                .via(end.flow())
                .via(new Linger<>(limits.requestWait()))
                .via(served)
                .map(MalformedRequests::inOurWords)
                .via(end.flow());
    }

    InetSocketAddress address() {
        return binding.localAddress();
    }

    int open() {
        return places.open();
    }

    /** Takes no more connections, and closes those that there are when what is being answered had its time. */
    void close(Duration wait) {
        binding.unbind().toCompletableFuture().join();
        long deadline = System.nanoTime() + wait.toNanos();
        while (places.working() && System.nanoTime() < deadline) {
            try {
                TimeUnit.MILLISECONDS.sleep(10);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                break;
            }
        }
        close();
    }

    @Override
    public void close() {
        open.forEach(SharedKillSwitch::shutdown);
    }
}
