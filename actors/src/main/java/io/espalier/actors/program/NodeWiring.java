package io.espalier.actors.program;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigValueFactory;
import io.espalier.actors.health.Troubles;
import io.espalier.actors.host.JobPrograms;
import io.espalier.actors.job.EspalierConfig;
import io.espalier.actors.job.coordinator.CoordinatorSettings;
import io.espalier.actors.job.coordinator.JobCoordinator;
import io.espalier.actors.job.journal.JdbcJournal;
import io.espalier.actors.job.journal.Journal;
import io.espalier.actors.job.journal.JournalSettings;
import io.espalier.actors.node.Node;
import io.espalier.actors.node.NodeParts;
import io.espalier.actors.node.NodeRole;
import io.espalier.actors.node.NodeSettings;
import io.espalier.actors.protocol.CoordinatorProtocol;
import io.espalier.actors.rank.ProcessStatus;
import io.espalier.actors.rank.RankPlace;
import io.espalier.streams.transport.TransportOwner;
import io.espalier.streams.transport.TransportSettings;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the parts of a node. The node's transport is opened when a rank needs it, and ends with the node.
 *
 * @param launch words after the command of Java that start the process of a rank: a main class, and what that is told
 * @param programs what jobs mean on a rank at a place
 */
public record NodeWiring(List<String> launch, Function<RankPlace, JobPrograms> programs) {
    private static final String COORDINATOR = "coordinator";
    private static final Logger LOG = LoggerFactory.getLogger(NodeWiring.class);

    /** The parts of a process that is a node and nothing else. */
    public NodeParts ofNode(NodeSettings settings) {
        return parts(
                EspalierConfig.load(),
                settings,
                rank -> LOG.error("rank [{}] is given up: {}", rank.rank(), rank.cause()));
    }

    /**
     * The parts of a node.
     *
     * @param config of all that has sections of its own
     * @param onGivenUp told when a rank will not be started again
     */
    NodeParts parts(Config config, NodeSettings settings, Consumer<ProcessStatus> onGivenUp) {
        return parts(config, settings, new TransportOwner(TransportSettings.of(config)), onGivenUp, new Troubles());
    }

    /**
     * The parts of a node whose transport and troubles others look at, too.
     *
     * @param transport closed with the node
     * @param troubles told when the coordinator cannot do its work
     */
    NodeParts parts(
            Config config,
            NodeSettings settings,
            TransportOwner transport,
            Consumer<ProcessStatus> onGivenUp,
            Troubles troubles) {
        try {
            Journal journal =
                    settings.roles().contains(NodeRole.COORDINATOR) ? journal(config, settings.state()) : null;
            return new NodeParts(
                    new RankHosts(transport, programs),
                    launch,
                    () -> coordinator(journal, CoordinatorSettings.of(config), troubles),
                    () -> transport.get().directory(),
                    onGivenUp,
                    () -> close(journal, transport));
        } catch (RuntimeException e) {
            transport.close();
            throw e;
        }
    }

    /**
     * Makes the coordinator; when it is deposed, its node leaves the cluster, which then starts another one elsewhere.
     */
    private static Behavior<CoordinatorProtocol.Command> coordinator(
            Journal journal, CoordinatorSettings settings, Troubles troubles) {
        return Behaviors.setup(context -> JobCoordinator.create(
                journal,
                settings,
                System::nanoTime,
                () -> Node.leaveCluster(context.getSystem()),
                why -> tell(troubles, why)));
    }

    private static void tell(Troubles troubles, String why) {
        if (why.isEmpty()) {
            troubles.over(COORDINATOR);
        } else {
            troubles.begin(COORDINATOR, "begins again and again: " + why);
        }
    }

    /** A file is the node's own, in its state directory, unless the configuration says otherwise. */
    static Journal journal(Config config, Path state) {
        return JdbcJournal.open(journalSettings(config, state), Clock.systemUTC());
    }

    public static JournalSettings journalSettings(Config config, Path state) {
        String file = "espalier.journal.sqlite.file";
        Config placed = config.hasPath(file)
                ? config
                : config.withValue(
                        file,
                        ConfigValueFactory.fromAnyRef(
                                state.resolve("journal.db").toString()));
        return JournalSettings.of(placed);
    }

    private static void close(Journal journal, TransportOwner transport) {
        try (transport) {
            if (journal != null) {
                journal.close();
            }
        }
    }
}
