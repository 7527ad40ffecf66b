package io.espalier.actors.job;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;

/** The way to a run's actor. Every request ends, with an answer or with the actor's own end. Thread-safe. */
public final class RunHandle {
    private final ActorRef<RunActor.Command> actor;
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private final Map<Long, CompletableFuture<?>> pending = new ConcurrentHashMap<>();
    private final AtomicLong requests = new AtomicLong();

    /**
     * Starts the actor of a run that is not there yet.
     *
     * @param spawn makes an actor of a behaviour
     * @param paused whether its batches wait at first
     */
    public RunHandle(Function<Behavior<RunActor.Command>, ActorRef<RunActor.Command>> spawn, boolean paused) {
        CompletableFuture<?> _ = ended.thenRun(() -> pending.values().forEach(RunHandle::fail));
        this.actor = spawn.apply(RunActor.create(paused, ended));
    }

    public ActorRef<RunActor.Command> actor() {
        return actor;
    }

    /** Tells the actor, which may have ended: then nobody hears it. */
    public void tell(RunActor.Command command) {
        actor.tell(command);
    }

    /** Sends the request that {@code request} makes of a future; gives the future. */
    <T> CompletableFuture<T> ask(Function<CompletableFuture<T>, RunActor.Command> request) {
        CompletableFuture<T> reply = new CompletableFuture<>();
        long id = requests.getAndIncrement();
        pending.put(id, reply);
        CompletableFuture<?> _ = reply.whenComplete((_, _) -> pending.remove(id));
        actor.tell(request.apply(reply));
        if (ended.isDone()) {
            fail(reply);
        }
        return reply;
    }

    private static void fail(CompletableFuture<?> reply) {
        reply.completeExceptionally(new IllegalStateException("the run's actor has ended"));
    }
}
