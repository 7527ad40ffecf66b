package io.espalier.actors.host;

import io.espalier.actors.job.CommitSettings;
import io.espalier.actors.protocol.CoordinatorProtocol;
import io.espalier.actors.protocol.CoordinatorProtocol.Hello;
import io.espalier.actors.protocol.CoordinatorProtocol.RankRole;
import io.espalier.actors.protocol.HostProtocol;
import io.espalier.actors.rank.HostSetup;
import io.espalier.actors.rank.RankSettings;
import io.espalier.actors.rank.RankStatus;
import io.espalier.actors.teacher.PoolSettings;
import io.espalier.streams.transport.Transport;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * The parts that a host works with.
 *
 * @param rank what it is given when it starts
 * @param transport of this process, opened when it is asked for
 */
public record Hosting(
        HostSetup rank,
        Supplier<Transport> transport,
        JobPrograms programs,
        RankSettings ranks,
        PoolSettings teachers,
        CommitSettings commits,
        HostSettings settings) {
    String name() {
        return rank.place().name();
    }

    ActorRef<CoordinatorProtocol.Command> coordinator() {
        return rank.coordinator();
    }

    /** Says that the rank lives. */
    void greet(RankRole role, RankStatus status, ActorRef<HostProtocol.Command> host) {
        coordinator().tell(new Hello(name(), rank.incarnation(), role, status, host));
    }
}
