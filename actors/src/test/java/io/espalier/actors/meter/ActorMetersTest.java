package io.espalier.actors.meter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.espalier.actors.job.EspalierConfig;
import io.espalier.actors.meter.ActorReading.State;
import io.espalier.testing.CleanLog;
import java.time.Clock;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The counts of an actor can be read while it works, and after it has failed. */
@Timeout(60)
class ActorMetersTest {
    private sealed interface Order {
        record Wait(CountDownLatch until) implements Order {}

        record Fail(String why) implements Order {}

        record Ignore() implements Order {}

        record End() implements Order {}
    }

    private final ActorTestKit kit = ActorTestKit.create(EspalierConfig.load());
    private final ActorMeters meters = ActorMeters.get(kit.system());

    @AfterEach
    void stop() {
        kit.shutdownTestKit();
    }

    private static Behavior<Order> worker() {
        return Behaviors.receive(Order.class)
                .onMessage(Order.Wait.class, wait -> {
                    wait.until.await();
                    return Behaviors.same();
                })
                .onMessage(Order.Fail.class, fail -> {
                    throw new IllegalStateException(fail.why);
                })
                .onMessage(Order.End.class, _ -> Behaviors.stopped())
                .onMessage(Order.Ignore.class, _ -> Behaviors.unhandled())
                .build();
    }

    private ActorRef<Order> spawn(Behavior<Order> behavior) {
        return kit.spawn(behavior, "worker", Metered.mailbox());
    }

    private ActorReading reading() {
        return meters.read().stream()
                .filter(actor -> actor.role().equals("worker"))
                .findFirst()
                .orElseThrow();
    }

    private static LostMessages.Lost newest(LostMessages lost) {
        return lost.latest().getFirst();
    }

    private static void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("waited in vain").isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    @Test
    void whatWaitsAndWhatIsInWorkCanBeSeenWhileItIs() {
        ActorRef<Order> worker = spawn(Metered.behavior(Order.class, "worker", worker()));
        CountDownLatch done = new CountDownLatch(1);
        worker.tell(new Order.Wait(done));
        await(() -> reading().busyWith().equals("Wait"));
        worker.tell(new Order.Wait(done));
        worker.tell(new Order.Wait(done));
        assertThat(reading().waiting()).isEqualTo(2);
        assertThat(reading().state()).isEqualTo(State.RUNNING);
        double before = reading().busySeconds();
        await(() -> reading().busySeconds() > before);
        done.countDown();
        await(() -> reading().processing().count() == 3);
        assertThat(reading().waiting()).isZero();
        assertThat(reading().busyWith()).isEmpty();
        assertThat(reading().inMailbox().count()).isEqualTo(3);
        assertThat(reading().inMailbox().sum()).isPositive();
    }

    @Test
    void aFailureIsKeptWithItsCauseAndTheRestartIsCounted() {
        CleanLog.expect("saw failure: <script>boom");
        CleanLog.expect("saw failure: again");
        ActorRef<Order> worker = spawn(Behaviors.supervise(Metered.behavior(Order.class, "worker", worker()))
                .onFailure(SupervisorStrategy.restart()));
        worker.tell(new Order.Fail("<script>boom</script>"));
        await(() -> reading().restarts() == 1 && reading().state() == State.RUNNING);
        assertThat(reading().failures()).isEqualTo(1);
        assertThat(reading().lastFailure().type()).isEqualTo(IllegalStateException.class.getName());
        assertThat(reading().lastFailure().message()).isEqualTo("<script>boom</script>");
        worker.tell(new Order.Fail("again"));
        await(() -> reading().restarts() == 2);
        assertThat(meters.roles())
                .filteredOn(role -> role.role().equals("worker"))
                .singleElement()
                .satisfies(role -> {
                    assertThat(role.failures()).isEqualTo(2);
                    assertThat(role.restarts()).isEqualTo(2);
                });
    }

    @Test
    void anActorThatNobodyRestartsIsSeenToHaveFailed() {
        CleanLog.expect("xxxxxxxx");
        ActorRef<Order> worker = spawn(Metered.behavior(Order.class, "worker", worker()));
        worker.tell(new Order.Fail("x".repeat(10_000)));
        await(() -> meters.roles().stream().anyMatch(role -> role.role().equals("worker") && role.alive() == 0));
        assertThat(reading().state()).isEqualTo(State.FAILED);
        assertThat(reading().lastFailure().message()).hasSizeLessThan(1_000);
    }

    @Test
    void manyActorsDoNotFillTheMemory() {
        int actors = ActorMeters.MOST_ACTORS + 50;
        for (int i = 0; i < actors; i++) {
            kit.spawn(Metered.behavior(Order.class, "crowd", worker()), "crowd-" + i, Metered.mailbox())
                    .tell(new Order.End());
        }
        await(() -> meters.roles().stream().mapToLong(RoleCounts::messages).sum() >= actors);
        assertThat(meters.read()).hasSizeLessThanOrEqualTo(ActorMeters.MOST_ACTORS + ActorMeters.MOST_ENDED + 1);
    }

    @Test
    void messagesThatFoundNobodyAreCountedAndNamed() {
        LostMessages lost = LostMessages.of(kit.system(), Clock.systemUTC());
        ActorRef<Order> worker = spawn(Metered.behavior(Order.class, "worker", worker()));
        await(() -> {
            worker.tell(new Order.Ignore());
            return lost.unhandled() > 0;
        });
        kit.stop(worker);
        // The messages that waited for the actor when it ended are lost first.
        await(() -> {
            worker.tell(new Order.End());
            return newest(lost).message().equals(Order.End.class.getName());
        });
        assertThat(lost.deadLetters()).isPositive();
        assertThat(lost.latest()).hasSizeLessThanOrEqualTo(LostMessages.KEPT);
        assertThat(newest(lost).to()).endsWith("/worker");
    }

    @Test
    void aSpreadIsRightToWithinAFifthAndForgets() {
        Durations durations = new Durations();
        for (int i = 1; i <= 1000; i++) {
            durations.record(TimeUnit.MICROSECONDS.toNanos(i));
        }
        assertThat(durations.quantile(0.5)).isCloseTo(500e-6, within(100e-6));
        assertThat(durations.quantile(0.99)).isCloseTo(990e-6, within(200e-6));
        assertThat(durations.sum()).isCloseTo(0.5005, within(1e-9));
        durations.forgetOld();
        assertThat(durations.quantile(0.5)).isPositive();
        durations.forgetOld();
        assertThat(durations.quantile(0.5)).isZero();
        assertThat(durations.count()).isEqualTo(1000);
    }
}
