package io.espalier.actors.daemon;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.espalier.actors.http.HubEvent;
import io.espalier.actors.node.Node;
import io.espalier.actors.protocol.CoordinatorProtocol.Watch;
import io.espalier.actors.protocol.JobView;
import io.espalier.actors.rank.ProcessStatus;
import io.espalier.gpu.Refused;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/** Waits for what is seen of orders, of ends and of restarts. Thread-safe. */
final class Outcomes {
    private static final int MOST_ORDERS = 1000;
    private static final Duration LOOK_EVERY = Duration.ofMillis(200);

    private final Node node;
    private final Duration patience;
    private final Map<String, CompletableFuture<JsonNode>> orders = new ConcurrentHashMap<>();
    private final AtomicLong watchers = new AtomicLong();

    /** @param patience with an order or a restart that is not heard of again */
    Outcomes(Node node, Duration patience) {
        this.node = node;
        this.patience = patience;
    }

    /** Takes in each event of each run. */
    void accept(HubEvent event) {
        CompletableFuture<JsonNode> order =
                orders.get(event.data().path("operation").asText());
        if (order == null) {
            return;
        }
        switch (event.kind()) {
            case "order_done" -> order.complete(event.data());
            case "order_failed" ->
                order.completeExceptionally(new Refused(
                        Refused.Reason.WRONG_STATE, event.data().path("message").asText()));
            default -> {}
        }
    }

    /**
     * What becomes of an order.
     *
     * @param given completes when it has been passed on
     */
    CompletionStage<CompletionStage<JsonNode>> of(String operation, CompletionStage<Void> given) {
        if (orders.size() >= MOST_ORDERS) {
            return CompletableFuture.failedFuture(
                    new Refused(Refused.Reason.TRY_AGAIN, MOST_ORDERS + " orders have no outcome yet"));
        }
        CompletableFuture<JsonNode> outcome =
                orders.computeIfAbsent(operation, _ -> expected("the student has not said what became of it"));
        var _ = outcome.whenComplete((_, _) -> orders.remove(operation, outcome));
        return given.whenComplete((_, failure) -> {
                    if (failure != null) {
                        outcome.completeExceptionally(failure);
                    }
                })
                .thenApply(_ -> outcome);
    }

    private CompletableFuture<JsonNode> expected(String otherwise) {
        CompletableFuture<JsonNode> outcome = new CompletableFuture<>();
        CompletableFuture.delayedExecutor(patience.toMillis(), TimeUnit.MILLISECONDS)
                .execute(() -> outcome.completeExceptionally(
                        new Refused(Refused.Reason.TRY_AGAIN, otherwise + " in " + patience)));
        return outcome;
    }

    /** How a job stands when it has ended. */
    CompletionStage<JobView> ended(String job) {
        CompletableFuture<JobView> ended = new CompletableFuture<>();
        Behavior<JobView> watcher = Behaviors.receiveMessage(view -> {
            if (!view.state().ended()) {
                return Behaviors.same();
            }
            ended.complete(view);
            return Behaviors.stopped();
        });
        node.coordinator().tell(new Watch(job, node.spawn(watcher, "end-" + watchers.incrementAndGet())));
        return ended;
    }

    /**
     * When a rank is there again.
     *
     * @param given completes when it has been told
     */
    CompletionStage<CompletionStage<JsonNode>> restart(String rank, CompletionStage<Void> given) {
        Optional<ProcessStatus> before = process(rank);
        return given.thenApply(_ -> {
            CompletableFuture<JsonNode> outcome = expected("rank " + rank + " has not come back");
            // One of another node is that node's to watch.
            before.ifPresentOrElse(
                    status -> look(rank, status.incarnation(), outcome),
                    () -> outcome.complete(JsonNodeFactory.instance
                            .objectNode()
                            .put("rank", rank)
                            .put("state", "told")));
            return outcome;
        });
    }

    private Optional<ProcessStatus> process(String rank) {
        return node.processes().stream()
                .filter(status -> status.rank().equals(rank))
                .findFirst();
    }

    private void look(String rank, long before, CompletableFuture<JsonNode> outcome) {
        if (outcome.isDone()) {
            return;
        }
        Optional<ProcessStatus> back = process(rank)
                .filter(status -> status.incarnation() != before && status.state() == ProcessStatus.State.MEMBER);
        if (back.isPresent()) {
            outcome.complete(JsonNodeFactory.instance
                    .objectNode()
                    .put("rank", rank)
                    .put("restarts", back.get().restarts()));
            return;
        }
        node.system()
                .scheduler()
                .scheduleOnce(
                        LOOK_EVERY,
                        () -> look(rank, before, outcome),
                        node.system().executionContext());
    }
}
