package io.espalier.actors.program;

import com.typesafe.config.Config;
import io.espalier.actors.host.HostSettings;
import io.espalier.actors.host.Hosting;
import io.espalier.actors.host.JobPrograms;
import io.espalier.actors.host.StudentHost;
import io.espalier.actors.host.TeacherHost;
import io.espalier.actors.job.CommitSettings;
import io.espalier.actors.job.EspalierConfig;
import io.espalier.actors.protocol.HostProtocol;
import io.espalier.actors.rank.HostFactory;
import io.espalier.actors.rank.HostSetup;
import io.espalier.actors.rank.RankPlace;
import io.espalier.actors.rank.RankSettings;
import io.espalier.actors.teacher.PoolSettings;
import io.espalier.streams.transport.Transport;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.Behavior;

/**
 * Hosts of the ranks of a node.
 *
 * @param transport of this process, opened when it is asked for
 * @param programs what jobs mean on a rank at a place
 */
record RankHosts(Supplier<Transport> transport, Function<RankPlace, JobPrograms> programs) implements HostFactory {
    @Override
    public Behavior<HostProtocol.Command> create(HostSetup setup) {
        Config config = EspalierConfig.load();
        Hosting hosting = new Hosting(
                setup,
                transport,
                programs.apply(setup.place()),
                RankSettings.of(config),
                PoolSettings.of(config),
                CommitSettings.of(config),
                HostSettings.of(config));
        return switch (setup.place().role()) {
            case TEACHER -> TeacherHost.create(hosting);
            case STUDENT -> StudentHost.create(hosting);
        };
    }
}
