package io.espalier.actors.node;

import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.actor.ActorSystemImpl;
import org.apache.pekko.actor.DynamicAccess;
import org.apache.pekko.cluster.ClusterActorRefProvider;
import org.apache.pekko.event.EventStream;
import org.apache.pekko.remote.RemoteTransport;

/**
 * Actors of a process that is the whole cluster: all that a cluster has, a coordinator's singleton among it, over a
 * transport that listens nowhere. Nobody can join what nobody can reach.
 */
public final class LoneProvider extends ClusterActorRefProvider {
    /** Null until this provider is set up. */
    private volatile RemoteTransport transport;

    /** Called by Pekko, which finds the class by its name. */
    public LoneProvider(
            String systemName, ActorSystem.Settings settings, EventStream events, DynamicAccess dynamicAccess) {
        super(systemName, settings, events, dynamicAccess);
    }

    @Override
    public void init(ActorSystemImpl system) {
        transport = new LoneTransport(system, this);
        super.init(system);
    }

    /** The transport that Pekko makes of its settings all the same. */
    RemoteTransport unused() {
        return super.transport();
    }

    @Override
    public RemoteTransport transport() {
        return transport;
    }
}
