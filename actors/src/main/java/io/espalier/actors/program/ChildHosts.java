package io.espalier.actors.program;

import io.espalier.actors.host.JobPrograms;
import io.espalier.actors.job.EspalierConfig;
import io.espalier.actors.protocol.HostProtocol;
import io.espalier.actors.rank.HostFactory;
import io.espalier.actors.rank.HostSetup;
import io.espalier.actors.rank.RankExit;
import io.espalier.actors.rank.RankPlace;
import io.espalier.streams.transport.Transport;
import io.espalier.streams.transport.TransportSettings;
import java.util.function.Function;
import org.apache.pekko.actor.typed.Behavior;
import org.slf4j.LoggerFactory;

/**
 * The host of a process that holds one rank: it uses the media driver of the node, and ends when that is lost.
 *
 * @param programs what jobs mean on a rank at a place
 */
public record ChildHosts(Function<RankPlace, JobPrograms> programs) implements HostFactory {
    @Override
    public Behavior<HostProtocol.Command> create(HostSetup setup) {
        TransportSettings settings = TransportSettings.of(EspalierConfig.load())
                .withDriverAt(setup.aeronDirectory().orElseThrow());
        Transport transport = Transport.open(settings, ChildHosts::onLost);
        return new RankHosts(() -> transport, programs).create(setup);
    }

    /** The node has another driver by the time that it has started this process again. */
    private static void onLost(Throwable cause) {
        LoggerFactory.getLogger(ChildHosts.class).error("the media driver is lost: the process ends", cause);
        Runtime.getRuntime().halt(RankExit.TRANSPORT_LOST.status());
    }
}
