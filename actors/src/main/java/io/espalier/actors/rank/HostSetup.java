package io.espalier.actors.rank;

import io.espalier.actors.protocol.CoordinatorProtocol;
import java.nio.file.Path;
import java.util.Optional;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * The facts that the host of a rank is given when it starts.
 *
 * @param incarnation another for each process that bears the rank's name
 * @param coordinator of jobs, wherever in the cluster it is
 * @param aeronDirectory of the node's media driver; empty for a rank in the node's own process
 * @param state directory of the rank alone
 * @param onHung to be called when a native call does not return: it ends a process that holds one rank
 */
public record HostSetup(
        RankPlace place,
        long incarnation,
        ActorRef<CoordinatorProtocol.Command> coordinator,
        Optional<Path> aeronDirectory,
        Path state,
        Runnable onHung) {}
