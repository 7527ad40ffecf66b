package io.espalier.actors.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.espalier.actors.job.EspalierConfig;
import io.espalier.actors.job.TrainRequest;
import io.espalier.actors.job.journal.Journal;
import io.espalier.actors.node.Node;
import io.espalier.actors.node.NodeSettings;
import io.espalier.actors.protocol.CoordinatorProtocol.Control;
import io.espalier.actors.protocol.CoordinatorProtocol.Watch;
import io.espalier.actors.protocol.CoordinatorProtocol.Wish;
import io.espalier.actors.protocol.JobProgress;
import io.espalier.actors.protocol.JobSpec;
import io.espalier.actors.protocol.JobView;
import io.espalier.actors.rank.ProcessStatus;
import io.espalier.actors.report.Table;
import io.espalier.gpu.Refused;
import io.espalier.gpu.checkpoint.StagedDirectory;
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
 * A job whose ranks are processes of this one, a cluster on one host: it starts them, shows what becomes of them, and ends
 * when the job does. What it needs to go on after its own death lies beside the run's checkpoints.
 */
final class DistributedRun {
    private static final String STATE = "ranks";
    private final CommonOptions common;
    private final TrainRequest request;
    private final List<String> arguments;
    private final TeacherRankOptions ranks;
    private final JobLog log;
    private final CompletableFuture<JobView> ended = new CompletableFuture<>();

    DistributedRun(CommonOptions common, TrainRequest request, List<String> arguments, TeacherRankOptions ranks) {
        this.common = common;
        this.request = request;
        this.arguments = arguments;
        this.ranks = ranks;
        this.log = new JobLog("distill", request.steps());
    }

    /** What becomes of the ranks is shown; how the cluster's members found out is not, for there is no other host. */
    private static void quiet() {
        for (String name :
                List.of("org.apache.pekko.cluster", "org.apache.pekko.remote", "io.espalier.actors.job.coordinator")) {
            ((Logger) LoggerFactory.getLogger(name)).setLevel(Level.ERROR);
        }
    }

    int run() throws Exception {
        quiet();
        boolean resume = request.checkpoints().resume();
        if (!resume) {
            StagedDirectory.requireFree(request.out());
        }
        if (request.checkpoints().every() == 0) {
            throw new Refused(
                    Refused.Reason.USAGE,
                    "--checkpoint-every 0: a student that dies must find a checkpoint to go on from");
        }
        NodeSettings settings = NodeSettings.of(config());
        JobSpec job = job(settings.state());
        try (Node node = Node.start(settings, Wiring.parts(settings, this::onGivenUp, this::onLost))) {
            ActorRef<JobView> views = node.spawn(watcher(), "views");
            // A job can be watched once it is in the journal.
            JobAsk.submit(node, job);
            node.coordinator().tell(new Watch(job.id(), views));
            Thread onSignal = new Thread(() -> drain(node, job, views), "drain-on-signal");
            Runtime.getRuntime().addShutdownHook(onSignal);
            JobView view = await();
            TrainingSession.forget(onSignal);
            return finish(view);
        } finally {
            log.close();
        }
    }

    private JobSpec job(Path state) {
        try (Journal journal = Wiring.journal(EspalierConfig.load(), state)) {
            return LocalJob.of(journal, state, arguments, ranks);
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
                                request.out().resolve(STATE).toString(),
                                "espalier.node.ranks.process",
                                "child",
                                "espalier.node.ranks.teachers",
                                ranks.teachers * ranks.stages,
                                // A process that ends is noticed at once by its parent: this is for those that hang.
                                "espalier.node.detection.acceptable-pause",
                                "12 s",
                                "espalier.node.ranks.students",
                                1,
                                "espalier.node.ranks.threads",
                                request.compute().threads(),
                                "espalier.node.ranks.devices",
                                List.of(request.compute().device())),
                        "distill --teacher-ranks"));
    }

    private Behavior<JobView> watcher() {
        return Behaviors.receiveMessage(view -> {
            log.show(view);
            if (view.state().ended()) {
                ended.complete(view);
            }
            return Behaviors.same();
        });
    }

    private void onGivenUp(ProcessStatus rank) {
        ended.completeExceptionally(new Refused(
                Refused.Reason.TRY_AGAIN,
                "rank " + rank.rank() + " is given up: " + rank.cause()
                        + "; --resume goes on from the newest checkpoint"));
    }

    private void onLost(Throwable cause) {
        ended.completeExceptionally(cause);
    }

    private void drain(Node node, JobSpec job, ActorRef<JobView> views) {
        System.err.println("\nespalier: stopping after the step in flight; the model is saved to " + request.out());
        node.coordinator().tell(new Control(job.id(), Wish.DRAIN, views));
        try {
            ended.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            // The run tells it where it waits for the same.
        }
    }

    private JobView await() throws Exception {
        try {
            return ended.get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }

    private int finish(JobView view) {
        if (view.exitCode() != 0) {
            System.err.println("espalier: " + view.cause());
            return view.exitCode();
        }
        JobProgress progress = view.progress();
        ObjectNode json = CommonOptions.object();
        Table table = new Table("measure", "value");
        if (progress != null) {
            json.put("steps", progress.step()).put("loss", progress.loss());
            json.put("asked_again", progress.batchesAskedAgain());
            table.row("steps", Table.count(progress.step()))
                    .row("last loss", Table.number(progress.loss(), 4))
                    .row("batches asked again", Table.count(progress.batchesAskedAgain()));
        }
        json.put("student_restarts", view.restarts()).put("out", request.out().toString());
        table.row("students that died", Table.count(view.restarts()));
        common.print(json, table.row("out", request.out().toString()).toText());
        return 0;
    }
}
