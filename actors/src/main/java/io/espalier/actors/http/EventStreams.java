package io.espalier.actors.http;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.Connection;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.BoundedSourceQueue;
import org.apache.pekko.stream.KillSwitches;
import org.apache.pekko.stream.SharedKillSwitch;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;

/**
 * Server-sent events: the retained ones since the event that a client names, then new ones. Each client has a bounded
 * queue; one that lets it overflow is disconnected, and may resume. Owns the clients' subscriptions.
 */
final class EventStreams implements AutoCloseable {
    private static final ContentType EVENT_STREAM = ContentTypes.parse("text/event-stream");
    private static final ByteString HEARTBEAT = ByteString.fromString(":\n\n");
    /** A comment as long as the first part of an answer that proxies and browsers hold back until they have more. */
    private static final ByteString PADDING = ByteString.fromString(":" + " ".repeat(2048) + "\n\n");
    /** Asks nginx, and other proxies that know the header, to pass on each event when it comes. */
    private static final HttpHeader UNBUFFERED = RawHeader.create("X-Accel-Buffering", "no");

    private static final String NUMBER = "[0-9]{1,18}";

    private final ActorSystem<?> system;
    private final Snapshots snapshots;
    private final HttpSettings.EventSettings settings;
    private final Semaphore places;
    private final Set<Client> clients = ConcurrentHashMap.newKeySet();

    EventStreams(ActorSystem<?> system, Snapshots snapshots, HttpSettings.EventSettings settings) {
        this.system = system;
        this.snapshots = snapshots;
        this.settings = settings;
        this.places = new Semaphore(settings.clients());
    }

    int clients() {
        return clients.size();
    }

    /** Answers with a stream of events; without a number to go on from, of later ones alone. */
    HttpResponse open(Call call) {
        Optional<Long> after = after(call);
        if (!places.tryAcquire()) {
            throw Problem.tryAgain("too_many_clients", "all places for event clients are taken", settings.reconnect());
        }
        Pair<BoundedSourceQueue<HubEvent>, Source<HubEvent, NotUsed>> live =
                Source.<HubEvent>queue(settings.buffered()).preMaterialize(system);
        Client client = new Client(live.first());
        clients.add(client);
        try {
            client.subscribe();
        } catch (RuntimeException e) {
            client.end();
            throw e;
        }
        Source<ByteString, NotUsed> events = after.map(this::past)
                .orElseGet(Source::empty)
                .concat(live.second())
                .statefulMapConcat(EventStreams::ascending)
                .map(EventStreams::render)
                .keepAlive(settings.heartbeat(), () -> HEARTBEAT)
                .prepend(Source.single(
                        ByteString.fromString("retry: " + settings.reconnect().toMillis() + "\n\n")
                                .concat(PADDING)))
                .via(client.end.flow())
                .watchTermination((_, done) -> {
                    done.whenComplete((_, _) -> client.end());
                    return NotUsed.getInstance();
                });
        return HttpResponse.create()
                .withEntity(HttpEntities.createChunked(EVENT_STREAM, events))
                .addHeader(Connection.create("close"))
                .addHeader(UNBUFFERED)
                .addAttribute(ConnectionDeadline.ENDLESS, client::end);
    }

    private static Optional<Long> after(Call call) {
        Optional<String> last = call.header("Last-Event-ID");
        if (last.isEmpty()) {
            return call.large("after");
        }
        if (!last.get().matches(NUMBER)) {
            throw Problem.invalid("Last-Event-ID", last.get(), "must be the id of an event");
        }
        return last.map(Long::valueOf);
    }

    /** The retained events, read page by page as the client takes them in. */
    private Source<HubEvent, NotUsed> past(long after) {
        return Source.unfold(after, this::page).mapConcat(page -> page);
    }

    private Optional<Pair<Long, List<HubEvent>>> page(long after) {
        List<HubEvent> page = snapshots.events(after, settings.page());
        return page.isEmpty()
                ? Optional.empty()
                : Optional.of(Pair.create(page.getLast().sequence(), page));
    }

    /** Leaves out what was told already: an event that comes while the past is read is in both. */
    private static org.apache.pekko.japi.function.Function<HubEvent, Iterable<HubEvent>> ascending() {
        long[] last = {0};
        return event -> {
            if (event.sequence() <= last[0]) {
                return List.of();
            }
            last[0] = event.sequence();
            return List.of(event);
        };
    }

    private static ByteString render(HubEvent event) {
        return ByteString.fromString(
                "id: " + event.sequence() + "\nevent: " + event.kind() + "\ndata: " + Json.text(event.data()) + "\n\n");
    }

    /** A client of the stream: its end frees its place, whatever ends it. */
    private final class Client {
        private final BoundedSourceQueue<HubEvent> queue;
        private final SharedKillSwitch end = KillSwitches.shared("event-client");
        private Snapshots.Subscription subscription;
        private boolean ended;

        private Client(BoundedSourceQueue<HubEvent> queue) {
            this.queue = queue;
        }

        private void subscribe() {
            Snapshots.Subscription made = snapshots.subscribe(this::offer);
            boolean late;
            synchronized (this) {
                subscription = made;
                late = ended;
            }
            if (late) {
                made.close();
            }
        }

        private void offer(HubEvent event) {
            if (!queue.offer(event).isEnqueued()) {
                end();
            }
        }

        private void end() {
            Snapshots.Subscription open;
            synchronized (this) {
                if (ended) {
                    return;
                }
                ended = true;
                open = subscription;
            }
            if (open != null) {
                open.close();
            }
            end.shutdown();
            clients.remove(this);
            places.release();
        }
    }

    /** Disconnects all clients. */
    @Override
    public void close() {
        clients.forEach(Client::end);
    }
}
