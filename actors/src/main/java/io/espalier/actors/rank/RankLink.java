package io.espalier.actors.rank;

import io.espalier.gpu.Refused;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * The way to ask one rank: every request ends, with an answer, a failure, the rank's death or a time-out. Thread-safe.
 */
public final class RankLink {
    private final ActorRef<RankWorker.Command> rank;
    private final RankMonitor monitor;
    private final RankSettings settings;
    private final Map<Long, CompletableFuture<?>> pending = new ConcurrentHashMap<>();
    private final AtomicLong requests = new AtomicLong();
    private final Semaphore places;
    private volatile Throwable dead;

    RankLink(ActorRef<RankWorker.Command> rank, RankMonitor monitor, RankSettings settings) {
        this.rank = rank;
        this.monitor = monitor;
        this.settings = settings;
        this.places = new Semaphore(settings.maxWaiting());
    }

    /** Sends the request that {@code request} makes of a future; gives the future, which fails where too many wait. */
    public <T> CompletableFuture<T> ask(Function<CompletableFuture<T>, RankWorker.Command> request) {
        if (!places.tryAcquire()) {
            return CompletableFuture.failedFuture(new Refused(
                    Refused.Reason.TRY_AGAIN,
                    "rank " + status().name() + ": " + settings.maxWaiting()
                            + " requests wait for it (espalier.ranks.max-waiting)"));
        }
        CompletableFuture<T> reply = new CompletableFuture<>();
        long id = requests.getAndIncrement();
        pending.put(id, reply);
        Throwable cause = dead;
        if (cause != null) {
            reply.completeExceptionally(cause);
        } else {
            rank.tell(request.apply(reply));
        }
        return reply.orTimeout(settings.answerTimeout().toMillis(), TimeUnit.MILLISECONDS)
                .whenComplete((_, _) -> {
                    pending.remove(id);
                    places.release();
                });
    }

    public RankStatus status() {
        return monitor.status();
    }

    /** Fails the open requests and all later ones. */
    void died(Throwable cause) {
        dead = cause;
        pending.values().forEach(reply -> reply.completeExceptionally(cause));
    }
}
