package io.espalier.actors.cli;

import com.typesafe.config.Config;
import io.espalier.actors.daemon.DaemonParts;
import io.espalier.actors.daemon.DaemonSettings;
import io.espalier.actors.daemon.JobCompiler;
import io.espalier.actors.node.NodeParts;
import io.espalier.actors.rank.RankExit;
import io.espalier.streams.transport.Transport;
import io.espalier.streams.transport.TransportCounters;
import io.espalier.streams.transport.TransportSettings;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a daemon of commands is put together from. */
final class DaemonWiring implements DaemonParts {
    private static final Logger LOG = LoggerFactory.getLogger(DaemonWiring.class);

    /** Null before there is one. */
    private final AtomicReference<Transport> transport = new AtomicReference<>();

    private final RecipeCompiler compiler = new RecipeCompiler();

    @Override
    public NodeParts node(DaemonSettings settings) {
        Config config = settings.config();
        Transport opened = Transport.open(TransportSettings.of(config), DaemonWiring::onLost);
        transport.set(opened);
        return Wiring.parts(
                config,
                settings.node(),
                opened,
                rank -> LOG.error("rank [{}] is given up: {}", rank.rank(), rank.cause()));
    }

    /** Nothing of a transport can be saved; what supervises the daemon starts it again. */
    private static void onLost(Throwable cause) {
        LOG.error("the media driver is lost: the daemon ends", cause);
        Runtime.getRuntime().halt(RankExit.TRANSPORT_LOST.status());
    }

    @Override
    public Optional<TransportCounters> transport() {
        return Optional.ofNullable(transport.get()).map(Transport::counters);
    }

    @Override
    public JobCompiler compiler() {
        return compiler;
    }

    @Override
    public List<String> privateFiles() {
        return List.of("node.lock", "journal.db", "ranks.conf");
    }
}
