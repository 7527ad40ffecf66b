package io.espalier.actors.program;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.espalier.actors.job.ComputeSettings;
import io.espalier.actors.job.EspalierConfig;
import io.espalier.actors.node.Node;
import io.espalier.actors.node.NodeSettings;
import io.espalier.actors.protocol.CoordinatorProtocol.Control;
import io.espalier.actors.protocol.CoordinatorProtocol.Watch;
import io.espalier.actors.protocol.CoordinatorProtocol.Wish;
import io.espalier.actors.protocol.JobSpec;
import io.espalier.actors.protocol.JobView;
import io.espalier.actors.rank.ProcessStatus;
import io.espalier.gpu.Refused;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.slf4j.LoggerFactory;

/**
 * A cluster on one host for one job, whose ranks are processes of this one: it starts them, shows what becomes of them, and
 * ends when the job does. SIGTERM drains the job.
 */
public final class LocalCluster {
    private final NodeWiring wiring;
    private final Path state;
    private final int teachers;
    private final ComputeSettings compute;
    private final Wording wording;
    private final JobDisplay display;
    private final CompletableFuture<JobView> ended = new CompletableFuture<>();

    /**
     * The words that users read of the cluster.
     *
     * @param what the unit of {@code steps}, or the command
     * @param draining said when a signal has come
     * @param onGivenUp what helps where a rank is not started again
     */
    public record Wording(String what, long steps, String draining, String onGivenUp) {}

    /**
     * Starts nothing yet.
     *
     * @param wiring of its one node
     * @param state what it needs to go on after its own death
     * @param teachers ranks beside the student
     */
    public LocalCluster(NodeWiring wiring, Path state, int teachers, ComputeSettings compute, Wording wording) {
        this.wiring = wiring;
        this.state = state;
        this.teachers = teachers;
        this.compute = compute;
        this.wording = wording;
        this.display = new JobDisplay(wording.what, wording.steps);
    }

    /** Runs the job to its end, once. */
    public JobView run(JobSpec job) throws InterruptedException {
        quiet();
        NodeSettings settings = NodeSettings.of(config());
        try (Node node = Node.start(settings, () -> wiring.parts(EspalierConfig.load(), settings, this::onGivenUp))) {
            node.ended().whenComplete((_, _) -> onLetGo());
            ActorRef<JobView> views = node.spawn(watcher(), "views");
            // A job can be watched once it is in the journal.
            JobAsk.submit(node, job);
            node.coordinator().tell(new Watch(job.id(), views));
            Thread onSignal = new Thread(() -> drain(node, job, views), "drain-on-signal");
            Runtime.getRuntime().addShutdownHook(onSignal);
            JobView view = await();
            TrainingSession.forget(onSignal);
            return view;
        } finally {
            display.close();
        }
    }

    /** Silences the members' own logs: there is one host, and the display shows the ranks. */
    private static void quiet() {
        for (String name :
                List.of("org.apache.pekko.cluster", "org.apache.pekko.remote", "io.espalier.actors.job.coordinator")) {
            ((Logger) LoggerFactory.getLogger(name)).setLevel(Level.ERROR);
        }
    }

    private Config config() {
        return ConfigFactory.systemProperties()
                .withOnlyPath("espalier.node")
                .withFallback(ConfigFactory.parseMap(
                        Map.of(
                                "espalier.node.name",
                                "local",
                                "espalier.node.state",
                                state.toString(),
                                "espalier.node.ranks.process",
                                "child",
                                "espalier.node.ranks.teachers",
                                teachers,
                                // A process that ends is noticed at once by its parent: this is for those that hang.
                                "espalier.node.detection.acceptable-pause",
                                "12 s",
                                "espalier.node.ranks.students",
                                1,
                                "espalier.node.ranks.threads",
                                compute.threads(),
                                "espalier.node.ranks.devices",
                                List.of(compute.device())),
                        "a cluster on one host"));
    }

    private Behavior<JobView> watcher() {
        return Behaviors.receiveMessage(view -> {
            display.show(view);
            if (view.state().ended()) {
                ended.complete(view);
            }
            return Behaviors.same();
        });
    }

    private void onGivenUp(ProcessStatus rank) {
        ended.completeExceptionally(new Refused(
                Refused.Reason.TRY_AGAIN,
                "rank " + rank.rank() + " is given up: " + rank.cause() + "; " + wording.onGivenUp));
    }

    /**
     * Ends the command, since another coordinator has written to the journal and has the job; nothing changes where the
     * job has ended before.
     */
    private void onLetGo() {
        ended.completeExceptionally(new Refused(
                Refused.Reason.TRY_AGAIN,
                state + ": another coordinator has taken the job over; " + wording.onGivenUp));
    }

    private void drain(Node node, JobSpec job, ActorRef<JobView> views) {
        System.err.println("\nespalier: " + wording.draining);
        node.coordinator().tell(new Control(job.id(), Wish.DRAIN, views));
        try {
            ended.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            // The run tells it where it waits for the same.
        }
    }

    private JobView await() throws InterruptedException {
        try {
            return ended.get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e.getCause());
        }
    }
}
