package io.espalier.actors.rank;

import io.espalier.actors.protocol.HostProtocol;
import org.apache.pekko.actor.typed.Behavior;

/** Makes the actor that is a rank's face to the cluster. */
@FunctionalInterface
public interface HostFactory {
    Behavior<HostProtocol.Command> create(HostSetup setup);
}
