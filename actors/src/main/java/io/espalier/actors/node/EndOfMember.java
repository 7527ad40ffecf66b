package io.espalier.actors.node;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.Done;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Extension;
import org.apache.pekko.actor.typed.ExtensionId;

/**
 * The end of a member's actor system, for whatever reason it ends. A transport whose peers have vanished without a word may
 * never come to its own end: by then the cluster has been left, so it is told and left to the end of the process.
 */
final class EndOfMember implements Extension {
    private static final Id ID = new Id();
    /** The time of a transport to end by itself, a little more than the shutdown's last phase waits. */
    private static final Duration TRANSPORT = Duration.ofSeconds(12);

    private static final class Id extends ExtensionId<EndOfMember> {
        @Override
        public EndOfMember createExtension(ActorSystem<?> system) {
            return new EndOfMember(system);
        }
    }

    private final CompletableFuture<Done> ended = new CompletableFuture<>();

    private EndOfMember(ActorSystem<?> system) {
        system.getWhenTerminated().whenComplete((_, _) -> ended.complete(Done.getInstance()));
        CoordinatedShutdown.get(system)
                .addTask(CoordinatedShutdown.PhaseBeforeActorSystemTerminate(), "end-of-member", () -> {
                    CompletableFuture.delayedExecutor(TRANSPORT.toSeconds(), TimeUnit.SECONDS)
                            .execute(() -> giveUp(system));
                    return CompletableFuture.completedFuture(Done.getInstance());
                });
    }

    private void giveUp(ActorSystem<?> system) {
        if (ended.complete(Done.getInstance())) {
            system.log().warn("the actor system has not ended in {}; it is left to the end of the process", TRANSPORT);
        }
    }

    /** Completes when the system has ended, or has left the cluster and its transport does not end. */
    static CompletionStage<Done> of(ActorSystem<?> system) {
        return get(system).ended.minimalCompletionStage();
    }

    /** The one end of a system; from the first call on it is known when the system begins to end. */
    static EndOfMember get(ActorSystem<?> system) {
        return ID.apply(system);
    }

    boolean isDone() {
        return ended.isDone();
    }

    void await() {
        ended.join();
    }
}
