package io.espalier.actors.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.espalier.actors.job.EspalierConfig;
import io.espalier.actors.job.coordinator.CoordinatorSettings;
import io.espalier.actors.job.coordinator.JobCoordinator;
import io.espalier.actors.job.journal.JdbcJournal;
import io.espalier.actors.job.journal.JobEvent.EpochBegan;
import io.espalier.actors.job.journal.Journal;
import io.espalier.actors.job.journal.JournalSettings;
import io.espalier.actors.protocol.CoordinatorProtocol;
import io.espalier.actors.protocol.CoordinatorProtocol.Submit;
import io.espalier.actors.protocol.DescribedJobs;
import io.espalier.actors.protocol.JobSpec;
import io.espalier.actors.protocol.JobView;
import io.espalier.testing.CleanLog;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A coordinator that finds another's hand in the journal takes its node out of the cluster: the cluster is not left without one. */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class DeposedCoordinatorTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration ATTEMPT = Duration.ofSeconds(2);

    @TempDir
    Path directory;

    private Journal journal;

    @BeforeEach
    void open() {
        JournalSettings.Database file =
                new JournalSettings.Database.Sqlite(directory.resolve("journal.db"), Duration.ofHours(1));
        journal = JdbcJournal.open(new JournalSettings(file, Duration.ofSeconds(10), 100), Clock.systemUTC());
    }

    @AfterEach
    void close() {
        journal.close();
    }

    private Node start(String name, List<String> seeds) throws InterruptedException {
        NodeSettings settings = NodeSettings.of(ConfigFactory.parseMap(Map.of(
                "espalier.node.name",
                name,
                "espalier.node.state",
                directory.resolve(name).toString(),
                "espalier.node.control.identity",
                directory.resolve("identity").toString(),
                "espalier.node.control.seeds",
                seeds)));
        return Node.start(
                settings,
                () -> new NodeParts(
                        GreetingHost::create, List.of(), this::coordinator, () -> directory, _ -> {}, () -> {}));
    }

    private Behavior<CoordinatorProtocol.Command> coordinator() {
        return Behaviors.setup(context -> JobCoordinator.create(
                journal,
                CoordinatorSettings.of(EspalierConfig.load()),
                System::nanoTime,
                () -> Node.leaveCluster(context.getSystem()),
                _ -> {}));
    }

    /** Asks until it is answered, as whoever submits does. */
    private static JobView submit(Node node, String job) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            try {
                return AskPattern.ask(
                                node.coordinator(),
                                (ActorRef<JobView> replyTo) -> new Submit(
                                        new JobSpec(job, DescribedJobs.distill(), Path.of("/"), 1, 1), replyTo),
                                ATTEMPT,
                                node.system().scheduler())
                        .toCompletableFuture()
                        .join();
            } catch (CompletionException unanswered) {
                assertThat(System.nanoTime()).as("answered in time").isLessThan(deadline);
            }
        }
    }

    private List<Journal.Entry> list() {
        String list = journal.streams().toCompletableFuture().join().getFirst();
        return journal.read(list).toCompletableFuture().join();
    }

    /** Writes to the journal as another cluster's coordinator would, or one that was thought to be dead. */
    private void write() {
        List<Journal.Entry> before = list();
        long epoch = before.getLast().epoch() + 1;
        String stream = journal.streams().toCompletableFuture().join().getFirst();
        journal.append(stream, before.size(), epoch, List.of(new EpochBegan(epoch, "elsewhere", "", 0)))
                .toCompletableFuture()
                .join();
    }

    @Test
    void itsNodeLeavesAndAnotherNodesCoordinatorTakesOver() throws Exception {
        CleanLog.expect("another has taken over job");
        try (Node first = start("first", List.of());
                Node second = start("second", List.of(first.address()))) {
            String there = second.address();
            submit(first, "one");
            write();
            JobView view = submit(second, "two");
            assertThat(view.cause()).isEqualTo("waits for job one");
            first.awaitTermination();
            EpochBegan last = list().stream()
                    .filter(entry -> entry.event() instanceof EpochBegan)
                    .map(entry -> (EpochBegan) entry.event())
                    .toList()
                    .getLast();
            assertThat(last.coordinator()).endsWith(there);
        }
    }
}
