package io.espalier.actors.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.actors.job.RunActor.Phase;
import io.espalier.actors.job.RunActor.Wish;
import io.espalier.actors.protocol.JobOrder;
import io.espalier.gpu.Refused;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.train.StepReport;
import io.espalier.testing.CleanLog;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A run lets batches through or makes them wait, has one thing at a time done, and takes what it is told at any time. */
@Timeout(60)
class RunActorTest {
    private static final TokenBatch BATCH = new TokenBatch(0, 1, 1, new int[2], null, List.of());

    private final ActorTestKit kit = ActorTestKit.create("run-actor", EspalierConfig.load());
    private final AtomicInteger streamsEnded = new AtomicInteger();
    private final Fake between = new Fake();

    @AfterEach
    void stop() {
        kit.shutdownTestKit();
    }

    /** Says what was asked of it; what it does ends when it is told. */
    private static final class Fake implements BetweenSteps {
        private final List<String> asked = new CopyOnWriteArrayList<>();
        private volatile CompletableFuture<Void> after = CompletableFuture.completedFuture(null);
        private volatile CompletableFuture<Void> idle = CompletableFuture.completedFuture(null);
        private volatile Phase phase;
        private volatile boolean enough;

        @Override
        public CompletionStage<Void> begin(RunRanks ranks) {
            throw new IllegalStateException("the run's own thread does it");
        }

        @Override
        public void before(double waitedSeconds) {
            asked.add("before");
        }

        @Override
        public CompletionStage<?> after(StepReport report, TokenBatch batch) {
            asked.add("after");
            return after;
        }

        @Override
        public CompletionStage<?> whileIdle() {
            asked.add("idle");
            return idle;
        }

        @Override
        public CompletionStage<Optional<JobOrder>> look(JobOrder order) {
            if (order.operation().equals("thrown")) {
                throw Refused.notFound("v1", "is no version");
            }
            return CompletableFuture.completedFuture(Optional.of(order));
        }

        @Override
        public void take(JobOrder order) {
            asked.add(order.operation());
        }

        @Override
        public void everySecond(Phase now, double idleSeconds) {
            phase = now;
        }

        @Override
        public boolean enough() {
            return enough;
        }

        @Override
        public void noMoreOrders() {
            asked.add("no more orders");
        }

        @Override
        public CompletionStage<?> end(boolean early, boolean parked) {
            throw new IllegalStateException("the run's own thread does it");
        }
    }

    private RunHandle run(boolean paused) {
        return new RunHandle(kit::spawn, paused);
    }

    private RunHandle begun() {
        RunHandle run = run(false);
        run.tell(new RunActor.Opens(between, streamsEnded::incrementAndGet));
        run.tell(new RunActor.Begun());
        return run;
    }

    private static CompletableFuture<Boolean> arrive(RunHandle run) {
        return run.ask(RunActor.Arrived::new);
    }

    private static CompletableFuture<Void> begin(RunHandle run) {
        return run.ask(RunActor.StepBegins::new);
    }

    private static CompletableFuture<StepReport> step(RunHandle run) {
        return run.ask(goesOn -> new RunActor.StepEnded(null, BATCH, goesOn));
    }

    private static void eventually(BooleanSupplier condition) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("in time").isLessThan(end);
            Thread.sleep(5);
        }
    }

    /** Returns when the actor of a run that is not paused has done what it was told before. */
    private static void settled(RunHandle run) {
        assertThat(arrive(run).join()).isTrue();
    }

    private static void requireWaits(CompletableFuture<Boolean> batch) {
        assertThat(batch.copy()
                        .completeOnTimeout(false, 200, TimeUnit.MILLISECONDS)
                        .join())
                .isFalse();
    }

    @Test
    void aBatchWaitsWhileTheRunIsPausedEvenFromBeforeItsBeginning() {
        RunHandle run = run(true);
        CompletableFuture<Boolean> waiting = arrive(run);
        requireWaits(waiting);
        run.tell(Wish.RESUME);
        assertThat(waiting.join()).isTrue();
    }

    @Test
    void whatTheRunHoldsOnlyAPauseAndAResumptionLetGo() {
        RunHandle run = run(false);
        run.tell(Wish.HOLD);
        CompletableFuture<Boolean> waiting = arrive(run);
        run.tell(Wish.RESUME);
        run.tell(Wish.RESUME);
        run.tell(Wish.PAUSE);
        requireWaits(waiting);
        run.tell(Wish.RESUME);
        assertThat(waiting.join()).isTrue();
    }

    @Test
    void aRunThatDrainsTakesTheBatchThatWaitsAndOneThatParksDoesNot() {
        RunHandle draining = run(true);
        CompletableFuture<Boolean> taken = arrive(draining);
        draining.tell(Wish.DRAIN);
        assertThat(taken.join()).isTrue();
        RunHandle parking = run(true);
        CompletableFuture<Boolean> left = arrive(parking);
        parking.tell(Wish.PARK);
        assertThat(left.join()).isFalse();
        parking.tell(Wish.RESUME);
        assertThat(arrive(parking).join()).isFalse();
    }

    @Test
    void whatWasWishedBeforeTheRunOpenedEndsItsStreamOnce() throws Exception {
        RunHandle run = run(false);
        run.tell(Wish.PARK);
        run.tell(new RunActor.Opens(between, streamsEnded::incrementAndGet));
        run.tell(new RunActor.Begun());
        assertThat(run.<Boolean>ask(RunActor.StreamEnded::new).join()).isTrue();
        assertThat(streamsEnded).hasValue(1);
        assertThat(between.asked).containsExactly("no more orders");
    }

    @Test
    void theNextThingIsDoneWhenTheOneBeforeIs() throws Exception {
        RunHandle run = begun();
        begin(run).join();
        between.after = new CompletableFuture<>();
        CompletableFuture<StepReport> first = step(run);
        CompletableFuture<Void> second = begin(run);
        eventually(() -> between.asked.contains("after"));
        assertThat(first).isNotDone();
        assertThat(second).isNotDone();
        between.after.complete(null);
        first.join();
        second.join();
        assertThat(between.asked).containsExactly("before", "after", "before");
    }

    @Test
    void aStepWaitsForWhatIsDoneWhileNoBatchComes() throws Exception {
        between.idle = new CompletableFuture<>();
        RunHandle run = begun();
        begin(run).join();
        step(run).join();
        eventually(() -> between.asked.contains("idle"));
        assertThat(between.phase).isEqualTo(Phase.IDLE);
        CompletableFuture<Void> next = begin(run);
        settled(run);
        assertThat(next).isNotDone();
        between.idle.complete(null);
        next.join();
    }

    @Test
    void whatFailsWhileNoBatchComesEndsTheRunAtTheNextStepAndAtItsEnd() throws Exception {
        between.idle = CompletableFuture.failedFuture(Refused.notFound("v1", "is no version"));
        RunHandle run = begun();
        begin(run).join();
        step(run).join();
        eventually(() -> between.asked.contains("idle"));
        assertThatThrownBy(() -> begin(run).join()).hasRootCauseInstanceOf(Refused.class);
        assertThatThrownBy(() -> run.<Boolean>ask(RunActor.StreamEnded::new).join())
                .hasRootCauseInstanceOf(Refused.class);
    }

    @Test
    void ordersWaitForTheRunToBeginAndOneThatIsUnfitHarmsNoOther() throws Exception {
        CleanLog.expect("Checkpoint[operation=thrown] could not be looked at");
        RunHandle run = run(false);
        run.tell(new RunActor.Opens(between, streamsEnded::incrementAndGet));
        run.tell(new RunActor.Order(new JobOrder.Checkpoint("early")));
        run.tell(new RunActor.Order(new JobOrder.Checkpoint("thrown")));
        settled(run);
        assertThat(between.asked).isEmpty();
        run.tell(new RunActor.Begun());
        run.tell(new RunActor.Order(new JobOrder.Checkpoint("late")));
        eventually(() -> between.asked.size() == 2);
        assertThat(between.asked).containsExactly("early", "late");
    }

    @Test
    void onlySoManyOrdersWaitForTheBeginning() throws Exception {
        CleanLog.expect("32 orders wait for the run to begin: one more is refused");
        RunHandle run = run(false);
        run.tell(new RunActor.Opens(between, streamsEnded::incrementAndGet));
        for (int i = 0; i < 40; i++) {
            run.tell(new RunActor.Order(new JobOrder.Checkpoint("order-" + i)));
        }
        run.tell(new RunActor.Begun());
        eventually(() -> between.asked.size() == 32);
        settled(run);
        assertThat(between.asked).hasSize(32);
    }

    @Test
    void aRunThatHasGoneOnForLongEnoughEndsItsStream() {
        between.enough = true;
        RunHandle run = begun();
        begin(run).join();
        step(run).join();
        assertThat(streamsEnded).hasValue(1);
    }

    @Test
    void thePhaseIsTold() throws Exception {
        RunHandle run = run(false);
        run.tell(new RunActor.Opens(between, streamsEnded::incrementAndGet));
        eventually(() -> between.phase == Phase.BEFORE);
        run.tell(new RunActor.Begun());
        eventually(() -> between.phase == Phase.IDLE);
        run.tell(Wish.PAUSE);
        eventually(() -> between.phase == Phase.PAUSED);
        run.tell(Wish.RESUME);
        begin(run).join();
        eventually(() -> between.phase == Phase.RUNNING);
        run.tell(Wish.DRAIN);
        eventually(() -> between.phase == Phase.DRAINING);
        run.<Void>ask(known -> new RunActor.Ended(true, known)).join();
        assertThat(between.phase).isEqualTo(Phase.ENDED);
    }

    @Test
    void whatIsAskedOfAnActorThatHasEndedEnds() {
        RunHandle run = run(true);
        CompletableFuture<Boolean> before = arrive(run);
        kit.stop(run.actor(), Duration.ofSeconds(20));
        assertThatThrownBy(before::join).hasRootCauseMessage("the run's actor has ended");
        assertThatThrownBy(() -> arrive(run).join()).hasRootCauseMessage("the run's actor has ended");
    }
}
