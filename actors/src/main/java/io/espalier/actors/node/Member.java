package io.espalier.actors.node;

import com.typesafe.config.Config;
import io.espalier.gpu.Refused;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.ClusterEvent.MemberEvent;
import org.apache.pekko.cluster.ClusterEvent.MemberUp;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.apache.pekko.cluster.typed.JoinSeedNodes;
import org.apache.pekko.cluster.typed.Subscribe;
import org.apache.pekko.remote.RemoteTransportException;

/** An actor system as a member of the cluster: how it starts, joins and leaves. */
final class Member {
    private Member() {}

    /** Starts an actor system; says what is wrong where its address cannot be had. */
    static <T> ActorSystem<T> start(Behavior<T> guardian, Config config) {
        try {
            ActorSystem<T> system = ActorSystem.create(guardian, ClusterConfig.SYSTEM, config);
            EndOfMember.get(system);
            return system;
        } catch (RuntimeException e) {
            for (Throwable cause = e; cause != null; cause = cause.getCause()) {
                if (cause instanceof Refused refused) {
                    throw refused;
                }
                if (cause instanceof RemoteTransportException || cause instanceof java.net.BindException) {
                    throw new Refused(
                            Refused.Reason.BAD_CONFIGURATION,
                            "espalier.node.control: " + config.getString("pekko.remote.artery.bind.hostname") + ":"
                                    + config.getInt("pekko.remote.artery.canonical.port")
                                    + " cannot be listened on: " + e.getMessage(),
                            e);
                }
            }
            throw e;
        }
    }

    /** The standing in the cluster that a member waits for before it goes on. */
    enum Standing {
        /** It may talk to all members. */
        TAKEN_IN,
        /** All members know it, which one that has died delays; only then does it count in the majority. */
        UP
    }

    /** Joins the nodes, itself where it is the only one, and waits until the cluster has taken it in that far. */
    static void join(ActorSystem<?> system, List<Address> nodes, Standing standing, Duration timeout)
            throws InterruptedException {
        Cluster cluster = Cluster.get(system);
        CompletableFuture<Void> joined = new CompletableFuture<>();
        Address self = cluster.selfMember().address();
        system.systemActorOf(whenJoined(self, standing, joined), "when-joined", Props.empty());
        if (nodes.equals(List.of(self))) {
            cluster.manager().tell(Join.create(self));
        } else {
            cluster.manager().tell(new JoinSeedNodes(nodes));
        }
        system.getWhenTerminated()
                .whenComplete((_, _) ->
                        joined.completeExceptionally(new IllegalStateException("the actor system has ended")));
        try {
            joined.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new Refused(
                    Refused.Reason.TRY_AGAIN,
                    "the cluster of " + nodes + " has not taken in " + self + " within " + timeout
                            + ": is a node there, do their TLS files fit?",
                    e);
        }
    }

    private static Behavior<MemberEvent> whenJoined(Address self, Standing standing, CompletableFuture<Void> joined) {
        return Behaviors.setup(context -> {
            Cluster.get(context.getSystem())
                    .subscriptions()
                    .tell(Subscribe.create(context.getSelf(), MemberEvent.class));
            return Behaviors.receiveMessage(event -> {
                boolean enough = standing == Standing.TAKEN_IN || event instanceof MemberUp;
                if (!event.member().address().equals(self) || !enough) {
                    return Behaviors.same();
                }
                joined.complete(null);
                return Behaviors.stopped();
            });
        });
    }

    /** Leaves the cluster and ends the actor system; waits for it, but not for a transport that does not come to its end. */
    static void leave(ActorSystem<?> system) {
        system.terminate();
        EndOfMember.get(system).await();
    }
}
