package io.espalier.actors.host;

import io.espalier.actors.job.CommitSettings;
import io.espalier.actors.protocol.CoordinatorProtocol;
import io.espalier.actors.rank.RankSettings;
import io.espalier.actors.teacher.PoolSettings;
import io.espalier.streams.transport.Transport;
import java.time.Duration;
import java.util.function.IntConsumer;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * What a host needs to know of its process.
 *
 * @param rank name, unique in the cluster
 * @param incarnation of the process
 * @param coordinator wherever it is now
 * @param seal whether the frames of links are sealed; the keys travel on the control plane
 * @param hello how often the coordinator hears of this rank
 * @param leave ends the process with an exit code, to be started anew or not by whoever watches it
 */
public record Hosting(
        String rank,
        long incarnation,
        ActorRef<CoordinatorProtocol.Command> coordinator,
        Transport transport,
        boolean seal,
        JobPrograms programs,
        RankSettings ranks,
        PoolSettings teachers,
        CommitSettings commits,
        Duration hello,
        IntConsumer leave) {
    /** A process that ends with it may be started anew: what it held is lost, what it was to do is not. */
    public static final int TRY_AGAIN = 75;
}
