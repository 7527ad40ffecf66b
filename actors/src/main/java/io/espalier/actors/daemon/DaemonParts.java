package io.espalier.actors.daemon;

import io.espalier.actors.health.Troubles;
import io.espalier.actors.node.NodeParts;
import io.espalier.streams.transport.TransportCounters;
import java.util.List;
import java.util.Optional;

/** The parts that a daemon is put together from. */
public interface DaemonParts {
    /** The node's parts; asked for once, when the state directory is the daemon's own. */
    NodeParts node(DaemonSettings settings);

    /** The counters of this process's transport; empty while there is no transport. Any thread. */
    Optional<TransportCounters> transport();

    JobCompiler compiler();

    /** The troubles of the daemon's parts: one object for the daemon's life. */
    Troubles troubles();

    /** Names of files in the state directory that others make, and that must be nobody else's to read. */
    List<String> privateFiles();
}
