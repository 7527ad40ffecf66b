package io.espalier.actors.program;

import io.espalier.actors.node.Node;
import io.espalier.actors.protocol.CoordinatorProtocol.Submit;
import io.espalier.actors.protocol.JobSpec;
import io.espalier.actors.protocol.JobView;
import io.espalier.gpu.Refused;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.AskPattern;

/** Asks the cluster's coordinator for a node; the coordinator may have much to recover first. */
public final class JobAsk {
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private JobAsk() {}

    /** Submits a job; gives how it stands once it is in the journal. */
    public static JobView submit(Node node, JobSpec job) {
        CompletionStage<JobView> taken = AskPattern.ask(
                node.coordinator(),
                (ActorRef<JobView> replyTo) -> new Submit(job, replyTo),
                PATIENCE,
                node.system().scheduler());
        try {
            return taken.toCompletableFuture().join();
        } catch (CompletionException e) {
            throw new Refused(
                    Refused.Reason.TRY_AGAIN,
                    "job " + job.id() + ": no coordinator has taken it in " + PATIENCE.toSeconds() + " s",
                    e);
        }
    }
}
