package io.espalier.actors.daemon;

import io.espalier.actors.protocol.CoordinatorProtocol.Command;
import io.espalier.actors.protocol.CoordinatorProtocol.Control;
import io.espalier.actors.protocol.CoordinatorProtocol.ListJobs;
import io.espalier.actors.protocol.CoordinatorProtocol.Order;
import io.espalier.actors.protocol.CoordinatorProtocol.Reception;
import io.espalier.actors.protocol.CoordinatorProtocol.RestartRank;
import io.espalier.actors.protocol.CoordinatorProtocol.Submit;
import io.espalier.actors.protocol.CoordinatorProtocol.Wish;
import io.espalier.actors.protocol.JobList;
import io.espalier.actors.protocol.JobOrder;
import io.espalier.actors.protocol.JobSpec;
import io.espalier.actors.protocol.JobView;
import io.espalier.gpu.Refused;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.japi.function.Function;

/** Questions to the coordinator of jobs. An answer that does not come in time is refused as {@code TRY_AGAIN}. */
final class Coordination {
    private final ActorSystem<?> system;
    private final ActorRef<Command> coordinator;
    private final Duration patience;

    Coordination(ActorSystem<?> system, ActorRef<Command> coordinator, Duration patience) {
        this.system = system;
        this.coordinator = coordinator;
        this.patience = patience;
    }

    CompletionStage<JobList> list(int mostEnded) {
        return ask(replyTo -> new ListJobs(mostEnded, replyTo));
    }

    CompletionStage<JobView> submit(JobSpec job) {
        return ask(replyTo -> new Submit(job, replyTo));
    }

    CompletionStage<JobView> control(String job, Wish wish) {
        return ask(replyTo -> new Control(job, wish, replyTo));
    }

    CompletionStage<Void> order(String job, JobOrder order) {
        return this.<Reception>ask(replyTo -> new Order(job, order, replyTo)).thenCompose(Coordination::received);
    }

    CompletionStage<Void> restart(String rank) {
        return this.<Reception>ask(replyTo -> new RestartRank(rank, replyTo)).thenCompose(Coordination::received);
    }

    private static CompletionStage<Void> received(Reception reception) {
        return switch (reception) {
            case Reception.Taken _ -> CompletableFuture.completedFuture(null);
            case Reception.TurnedDown down ->
                CompletableFuture.failedFuture(new Refused(
                        Refused.Reason.ofExitCode(down.exitCode()).orElse(Refused.Reason.TRY_AGAIN), down.why()));
        };
    }

    private <T> CompletionStage<T> ask(Function<ActorRef<T>, Command> question) {
        CompletionStage<T> answer = AskPattern.ask(coordinator, question, patience, system.scheduler());
        return answer.exceptionallyCompose(failure -> CompletableFuture.failedFuture(
                failure instanceof TimeoutException
                        ? new Refused(
                                Refused.Reason.TRY_AGAIN, "the coordinator has not answered in " + patience, failure)
                        : failure));
    }
}
