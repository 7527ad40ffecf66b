package io.espalier.actors.daemon;

import io.espalier.actors.health.Troubles;
import io.espalier.actors.node.NodeParts;
import io.espalier.streams.transport.TransportCounters;
import java.util.List;
import java.util.Optional;

/** What a daemon is put together from. */
public interface DaemonParts {
    /** The node's parts; asked for once, when the state directory is the daemon's own. */
    NodeParts node(DaemonSettings settings);

    /** How the transport of this process has done; empty while there is none. Any thread. */
    Optional<TransportCounters> transport();

    JobCompiler compiler();

    /** What parts of the daemon cannot do at present; one for its life. */
    Troubles troubles();

    /** Names of files in the state directory that others make, and that must be nobody else's to read. */
    List<String> privateFiles();
}
