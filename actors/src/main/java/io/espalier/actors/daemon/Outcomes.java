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
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/** Waits for what is seen of orders, of ends and of restarts. Thread-safe. */
final class Outcomes {
    private static final int MOST_ORDERS = 1000;
    private static final Duration LOOK_EVERY = Duration.ofMillis(200);

    private final Node node;
    private final Duration patience;
    private final Supplier<List<HubEvent>> past;
    private final Map<String, CompletableFuture<JsonNode>> orders = new ConcurrentHashMap<>();
    private final AtomicLong watchers = new AtomicLong();

    /**
     * Makes the outcomes of a daemon.
     *
     * @param patience with an order or a restart that is not heard of again
     * @param past events, those before this process among them
     */
    Outcomes(Node node, Duration patience, Supplier<List<HubEvent>> past) {
        this.node = node;
        this.patience = patience;
        this.past = past;
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
     * Has an order passed on, and returns its outcome. An order that an earlier process was given and whose outcome was
     * told is not given again: the student would say nothing.
     *
     * @param give passes it on, and completes when that is done
     */
    CompletionStage<CompletionStage<JsonNode>> of(String job, String operation, Supplier<CompletionStage<Void>> give) {
        if (orders.size() >= MOST_ORDERS) {
            return CompletableFuture.failedFuture(
                    new Refused(Refused.Reason.TRY_AGAIN, MOST_ORDERS + " orders have no outcome yet"));
        }
        CompletableFuture<JsonNode> outcome =
                orders.computeIfAbsent(operation, _ -> expected("the student has not said what became of it"));
        var _ = outcome.whenComplete((_, _) -> orders.remove(operation, outcome));
        past.get().stream()
                .filter(event -> event.data().path("job").asText().equals(job)
                        && event.data().path("operation").asText().equals(operation))
                .forEach(this::accept);
        if (outcome.isDone()) {
            return CompletableFuture.completedFuture(outcome);
        }
        return give.get()
                .whenComplete((_, failure) -> {
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

    /** The state of a job at its end; completes then. */
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
     * Restarts a rank. A rank of this node that is given up is started; any other rank is told to make way. The inner
     * stage completes when a rank of this node is there again, and at once for a rank of another node.
     *
     * @param tell completes when the rank has been told
     */
    CompletionStage<CompletionStage<JsonNode>> restart(String rank, Supplier<CompletionStage<Void>> tell) {
        Optional<ProcessStatus> before = process(rank);
        CompletionStage<Void> given = node.revive(rank) ? CompletableFuture.completedFuture(null) : tell.get();
        return given.thenApply(_ -> {
            CompletableFuture<JsonNode> outcome = expected("rank " + rank + " has not come back");
            // A rank of another node is that node's to watch.
            before.ifPresentOrElse(
                    status -> look(rank, status.incarnation(), outcome),
                    () -> outcome.complete(JsonNodeFactory.instance
                            .objectNode()
                            .put("rank", rank)
                            .put("state", "told")));
            return outcome;
        });
    }

    /** A new job finds all ranks there: what ended them need not end them again. */
    void reviveRanks() {
        node.reviveAll();
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
