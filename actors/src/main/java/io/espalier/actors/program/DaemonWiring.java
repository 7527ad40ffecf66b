package io.espalier.actors.program;

import com.typesafe.config.Config;
import io.espalier.actors.daemon.DaemonParts;
import io.espalier.actors.daemon.DaemonSettings;
import io.espalier.actors.daemon.JobCompiler;
import io.espalier.actors.health.Troubles;
import io.espalier.actors.node.NodeParts;
import io.espalier.streams.transport.TransportCounters;
import io.espalier.streams.transport.TransportOwner;
import io.espalier.streams.transport.TransportSettings;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes the parts of a daemon, whose node a {@link NodeWiring} describes. */
public final class DaemonWiring implements DaemonParts {
    private static final Logger LOG = LoggerFactory.getLogger(DaemonWiring.class);

    /** Null before there is one. */
    private final AtomicReference<TransportOwner> transport = new AtomicReference<>();

    private final NodeWiring wiring;
    private final JobCompiler compiler;
    private final Troubles troubles = new Troubles();

    /** @param compiler makes jobs of what is submitted */
    public DaemonWiring(NodeWiring wiring, JobCompiler compiler) {
        this.wiring = wiring;
        this.compiler = compiler;
    }

    @Override
    public NodeParts node(DaemonSettings settings) {
        Config config = settings.config();
        TransportOwner owner = new TransportOwner(TransportSettings.of(config));
        transport.set(owner);
        return wiring.parts(
                config,
                settings.node(),
                owner,
                rank -> LOG.error("rank [{}] is given up: {}", rank.rank(), rank.cause()),
                troubles);
    }

    @Override
    public Optional<TransportCounters> transport() {
        return Optional.ofNullable(transport.get()).flatMap(TransportOwner::counters);
    }

    @Override
    public JobCompiler compiler() {
        return compiler;
    }

    @Override
    public Troubles troubles() {
        return troubles;
    }

    @Override
    public List<String> privateFiles() {
        return List.of("node.lock", "journal.db", "ranks.conf");
    }
}
