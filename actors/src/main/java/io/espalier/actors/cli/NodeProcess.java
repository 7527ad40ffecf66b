package io.espalier.actors.cli;

import com.typesafe.config.Config;
import io.espalier.actors.job.EspalierConfig;
import io.espalier.actors.job.JobCoordinator;
import io.espalier.actors.node.Node;
import io.espalier.actors.node.NodeParts;
import io.espalier.actors.node.NodeSettings;
import io.espalier.actors.rank.ProcessStatus;
import io.espalier.streams.transport.Transport;
import io.espalier.streams.transport.TransportSettings;
import java.util.List;
import java.util.function.Consumer;

/** This process as a node: the media driver, the node, and the coordinator where it may run here. Owns all three. */
final class NodeProcess implements AutoCloseable {
    private final Transport transport;
    private final Node node;

    private NodeProcess(Transport transport, Node node) {
        this.transport = transport;
        this.node = node;
    }

    /**
     * Starts it.
     *
     * @param onGivenUp told when a rank will not be started again
     * @param onLost told when the media driver is lost: the process must end
     */
    static NodeProcess start(NodeSettings settings, Consumer<ProcessStatus> onGivenUp, Consumer<Throwable> onLost)
            throws InterruptedException {
        Config config = EspalierConfig.load();
        Transport transport = Transport.open(TransportSettings.of(config), onLost);
        try {
            NodeParts parts = new NodeParts(
                    new RankHosts(transport, settings.tls() != null),
                    List.of(Main.class.getName(), RankCommand.NAME),
                    () -> JobCoordinator.create(config, settings.state()),
                    transport.directory(),
                    onGivenUp);
            return new NodeProcess(transport, Node.start(settings, parts));
        } catch (RuntimeException | InterruptedException e) {
            transport.close();
            throw e;
        }
    }

    Node node() {
        return node;
    }

    @Override
    public void close() {
        try {
            node.close();
        } finally {
            transport.close();
        }
    }
}
