package io.espalier.actors.host;

import io.espalier.actors.protocol.HostProtocol.Attach;
import io.espalier.streams.distill.ServeGraph;
import io.espalier.streams.distill.StagePort;
import io.espalier.streams.transport.ActivationSink;
import io.espalier.streams.transport.ActivationSource;
import io.espalier.streams.transport.Bundles;
import io.espalier.streams.transport.Delivery;
import io.espalier.streams.transport.Endpoint;
import io.espalier.streams.transport.Expected;
import io.espalier.streams.transport.FrameKey;
import io.espalier.streams.transport.Transport;
import io.espalier.streams.transport.Wire;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.stream.KillSwitches;
import org.apache.pekko.stream.UniqueKillSwitch;
import org.apache.pekko.stream.javadsl.Keep;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A stage's end of one link: what comes in is computed and goes downstream, until it is closed. */
final class ServedLink implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ServedLink.class);

    private final Endpoint inbound;
    private final UniqueKillSwitch stop;
    private final CompletionStage<Done> ended;

    private ServedLink(Endpoint inbound, UniqueKillSwitch stop, CompletionStage<Done> ended) {
        this.inbound = inbound;
        this.stop = stop;
        this.ended = ended;
    }

    /** @param last whether the stage is its teacher's last */
    static ServedLink open(ActorSystem<?> system, Transport transport, Attach attach, StagePort stage, boolean last) {
        Endpoint inbound = transport.newEndpoint();
        Expected expected = new Expected(Wire.jobNumber(attach.job()), attach.link(), epoch -> epoch == attach.epoch());
        FrameKey key = FrameKey.of(attach.key());
        return ActivationSource.at(transport, inbound, expected, inbound.sealed(key))
                .viaMat(KillSwitches.single(), Keep.right())
                .via(new Bundles(
                        header -> LOG.warn("link {}: batch {} came in part", attach.link(), header.sequence())))
                .via(ServeGraph.serve(stage, last))
                .toMat(
                        ActivationSink.to(
                                transport,
                                attach.downstream(),
                                attach.downstream().sealed(key),
                                ServedLink::told),
                        (stop, ended) -> new ServedLink(inbound, stop, ended))
                .run(system);
    }

    /** The asker notices by itself that nothing came. */
    private static void told(Delivery delivery) {
        if (delivery instanceof Delivery.GaveUp gaveUp) {
            LOG.warn("batch {} is not delivered: {}", gaveUp.header().sequence(), gaveUp.reason());
        }
    }

    Endpoint inbound() {
        return inbound;
    }

    CompletionStage<Done> ended() {
        return ended;
    }

    @Override
    public void close() {
        stop.shutdown();
    }
}
