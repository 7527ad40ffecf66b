package io.espalier.actors.node;

import io.espalier.actors.meter.Metered;
import io.espalier.actors.protocol.CoordinatorProtocol;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.typed.ClusterSingleton;
import org.apache.pekko.cluster.typed.ClusterSingletonSettings;
import org.apache.pekko.cluster.typed.SingletonActor;

/** The cluster's one coordinator of jobs: where it may run, and how every member reaches it. */
final class Coordinators {
    private static final String NAME = "job-coordinator";

    private Coordinators() {}

    /** Runs the coordinator on a member that may hold it. */
    static ActorRef<CoordinatorProtocol.Command> host(
            ActorSystem<?> system, Behavior<CoordinatorProtocol.Command> coordinator) {
        return ClusterSingleton.get(system)
                .init(SingletonActor.of(coordinator, NAME)
                        .withProps(Metered.mailbox())
                        .withSettings(ClusterSingletonSettings.create(system).withRole(NodeRole.COORDINATOR.label())));
    }

    /** Reaches the coordinator from any other member, which never starts the behaviour. */
    static ActorRef<CoordinatorProtocol.Command> reach(ActorSystem<?> system) {
        return host(system, Behaviors.empty());
    }
}
