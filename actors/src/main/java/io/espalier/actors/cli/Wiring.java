package io.espalier.actors.cli;

import com.typesafe.config.Config;
import io.espalier.actors.job.EspalierConfig;
import io.espalier.actors.job.JobCoordinator;
import io.espalier.actors.node.NodeParts;
import io.espalier.actors.node.NodeSettings;
import io.espalier.actors.rank.ProcessStatus;
import io.espalier.streams.transport.Transport;
import io.espalier.streams.transport.TransportSettings;
import java.util.List;
import java.util.function.Consumer;

/** What a node of commands is put together from; its media driver starts here, and ends with the node. */
final class Wiring {
    private Wiring() {}

    /**
     * The parts of a node.
     *
     * @param onGivenUp told when a rank will not be started again
     * @param onLost told when the media driver is lost: the process must end
     */
    static NodeParts parts(NodeSettings settings, Consumer<ProcessStatus> onGivenUp, Consumer<Throwable> onLost) {
        Config config = EspalierConfig.load();
        Transport transport = Transport.open(TransportSettings.of(config), onLost);
        return new NodeParts(
                new RankHosts(transport, settings.tls() != null),
                List.of(Main.class.getName(), RankCommand.NAME),
                () -> JobCoordinator.create(config, settings.state()),
                transport.directory(),
                onGivenUp,
                transport::close);
    }
}
