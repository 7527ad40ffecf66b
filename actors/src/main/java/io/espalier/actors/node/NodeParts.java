package io.espalier.actors.node;

import io.espalier.actors.protocol.CoordinatorProtocol;
import io.espalier.actors.rank.HostFactory;
import io.espalier.actors.rank.ProcessStatus;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.Behavior;

/**
 * The parts that a node is put together from.
 *
 * @param hosts of ranks embedded in the node
 * @param rankEntry main class and first arguments of a rank's process, see {@link RankProgram}
 * @param coordinator made anew wherever the cluster starts its coordinator
 * @param aeronDirectory of the media driver, which runs from when this is first asked for; another one if that was lost.
 *     Throws {@link io.espalier.gpu.Refused} where there can be none now
 * @param onGivenUp told when a rank's process will not be started again; on an actor's thread
 * @param onClosed run once when the node has ended: frees what these parts hold
 */
public record NodeParts(
        HostFactory hosts,
        List<String> rankEntry,
        Supplier<Behavior<CoordinatorProtocol.Command>> coordinator,
        Supplier<Path> aeronDirectory,
        Consumer<ProcessStatus> onGivenUp,
        Runnable onClosed) {
    public NodeParts {
        rankEntry = List.copyOf(rankEntry);
    }
}
