package io.espalier.actors.teacher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.actors.protocol.HostProtocol;
import io.espalier.actors.protocol.HostProtocol.Stage;
import io.espalier.gpu.DeviceFailure;
import io.espalier.gpu.Refused;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.train.TeacherSignal;
import io.espalier.streams.transport.FrameHeader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Each batch gets its own answer, once, whatever becomes of the teachers that it is asked of; no teacher is asked about more
 * than its window; and no frame stays open that nobody holds.
 */
@Timeout(60)
class TeacherPoolTest {
    private static final int WINDOW = 2;
    private static final long MICROSECOND = 1_000;
    private static final PoolSettings SETTINGS = new PoolSettings(
            WINDOW,
            Duration.ofSeconds(10),
            Duration.ofSeconds(1),
            Duration.ofMillis(1),
            Duration.ofMillis(4),
            3,
            Duration.ofMillis(500),
            Duration.ofMillis(1),
            3);

    private final FakeTeachers teachers = new FakeTeachers();
    private final AtomicLong clock = new AtomicLong();
    private final PoolMonitor monitor = new PoolMonitor();
    private final List<CompletableFuture<TeacherSignal>> replies = new ArrayList<>();
    private ActorTestKit kit;
    private ActorRef<TeacherPool.Command> pool;
    private ActorRef<HostProtocol.Command> host;

    @BeforeEach
    void start() {
        kit = ActorTestKit.create();
        host = kit.<HostProtocol.Command>createTestProbe().ref();
        pool = kit.spawn(TeacherPool.create("job", teachers, SETTINGS, clock::get, monitor));
    }

    @AfterEach
    void nothingStaysOpen() {
        for (CompletableFuture<TeacherSignal> reply : replies) {
            if (reply.isDone() && !reply.isCompletedExceptionally()) {
                reply.join().close();
            }
        }
        kit.stop(pool);
        kit.shutdownTestKit();
        assertThat(teachers.openFrames).hasValue(0);
        assertThat(teachers.opened).allMatch(link -> link.closed);
    }

    private void use(String... ranks) {
        List<List<Stage>> named = Arrays.stream(ranks)
                .map(rank -> List.of(new Stage(rank.substring(0, 1), rank.length(), host)))
                .toList();
        pool.tell(new TeacherPool.Use(1, named));
    }

    private void asked(long sequence) {
        replies.add(ask(sequence));
    }

    private CompletableFuture<TeacherSignal> ask(long sequence) {
        TokenBatch batch = new TokenBatch(sequence, 1, 1, new int[] {(int) sequence, 7}, null, List.of());
        CompletableFuture<TeacherSignal> reply = new CompletableFuture<>();
        pool.tell(new TeacherPool.Ask(batch, reply));
        return reply;
    }

    private static void until(BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!condition.getAsBoolean() && System.nanoTime() < deadline) {
            Thread.onSpinWait();
        }
        assertThat(condition.getAsBoolean()).isTrue();
    }

    private FakeTeachers.FakeLink linked(String rank) {
        until(() -> teachers.opened.stream().anyMatch(link -> link.rank.equals(rank) && !link.closed));
        return teachers.of(rank);
    }

    private static long sequence(CompletableFuture<TeacherSignal> reply) throws Exception {
        return reply.get(20, TimeUnit.SECONDS).sequence();
    }

    @Test
    void eachTeacherIsAskedWithinItsWindowAndTheRestWait() throws Exception {
        use("a", "b");
        FakeTeachers.FakeLink a = linked("a");
        FakeTeachers.FakeLink b = linked("b");
        for (int i = 0; i < 6; i++) {
            asked(i);
        }
        until(() -> a.asked.size() == WINDOW && b.asked.size() == WINDOW);
        b.answer(0);
        until(() -> b.asked.size() == WINDOW + 1);
        assertThat(a.asked).hasSize(WINDOW);
        assertThat(b.asked.getLast().sequence()).isEqualTo(4);
        b.answer(1);
        b.answer(2);
        until(() -> b.asked.size() == 4);
        b.answer(3);
        a.answer(1);
        a.answer(0);
        for (int i = 0; i < 6; i++) {
            assertThat(sequence(replies.get(i))).isEqualTo(i);
        }
        assertThat(monitor.counts().askedAgain()).isZero();
    }

    @Test
    void aDeadTeachersBatchesAreAskedOfAnotherAtOnce() throws Exception {
        use("a", "b");
        FakeTeachers.FakeLink a = linked("a");
        FakeTeachers.FakeLink b = linked("b");
        asked(0);
        asked(1);
        until(() -> a.asked.size() + b.asked.size() == 2);
        FakeTeachers.FakeLink dead = a.asked.getFirst().sequence() == 0 ? a : b;
        FakeTeachers.FakeLink alive = dead == a ? b : a;
        use(alive.rank);
        until(() -> alive.asked.size() == 2);
        assertThat(dead.closed).isTrue();
        alive.answer(1);
        alive.answer(0);
        assertThat(sequence(replies.get(0))).isZero();
        assertThat(sequence(replies.get(1))).isEqualTo(1);
        assertThat(monitor.counts().askedAgain()).isEqualTo(1);
    }

    @Test
    void withoutATeacherBatchesWaitAndAReturningOneIsUsedAgain() throws Exception {
        use("a");
        linked("a");
        asked(0);
        until(() -> teachers.of("a").asked.size() == 1);
        use();
        asked(1);
        until(() -> teachers.of("a").closed);
        use("a2");
        until(() -> teachers.opened.size() == 2 && teachers.of("a").asked.size() == 2);
        teachers.of("a").answer(0);
        teachers.of("a").answer(1);
        assertThat(sequence(replies.get(0))).isZero();
        assertThat(sequence(replies.get(1))).isEqualTo(1);
    }

    /** Named for the safeguard: goes red with {@code -Despalier.unsafe.without=duplicate-check}. */
    @Test
    void anAnswerThatCameBeforeIsNotTakenForAnotherBatch() throws Exception {
        use("a");
        FakeTeachers.FakeLink a = linked("a");
        asked(0);
        asked(1);
        until(() -> a.asked.size() == 2);
        a.answer(0);
        assertThat(sequence(replies.get(0))).isZero();
        a.answer(0);
        until(() -> monitor.counts().unwanted() == 1 || replies.get(1).isDone());
        assertThat(replies.get(1))
                .as("batch 1, answered with what was said of batch 0")
                .isNotDone();
        a.answer(1);
        assertThat(sequence(replies.get(1))).isEqualTo(1);
    }

    @Test
    void aLateAnswerIsFreedAndCounted() throws Exception {
        use("a");
        FakeTeachers.FakeLink first = linked("a");
        asked(0);
        until(() -> first.asked.size() == 1);
        clock.addAndGet(SETTINGS.deadline().toNanos() + 1);
        until(() -> first.closed);
        clock.addAndGet(SETTINGS.maxBackoff().toNanos());
        until(() -> teachers.opened.size() == 2 && teachers.of("a").asked.size() == 1);
        first.answer(0);
        until(() -> monitor.counts().unwanted() == 1);
        assertThat(replies.getFirst()).isNotDone();
        teachers.of("a").answer(0);
        assertThat(sequence(replies.getFirst())).isZero();
        assertThat(monitor.counts().gaveUp()).isEqualTo(1);
    }

    @Test
    void aSlowTeacherDoesNotHoldUpTheStudentWhileAnotherIsFree() throws Exception {
        use("a", "b");
        FakeTeachers.FakeLink a = linked("a");
        FakeTeachers.FakeLink b = linked("b");
        asked(0);
        asked(1);
        until(() -> a.asked.size() + b.asked.size() == 2);
        FakeTeachers.FakeLink slow = a.asked.getFirst().sequence() == 0 ? a : b;
        FakeTeachers.FakeLink quick = slow == a ? b : a;
        clock.addAndGet(1_000_000);
        quick.answer(0);
        assertThat(sequence(replies.get(1))).isEqualTo(1);
        clock.addAndGet(SETTINGS.hedgeAfter().toNanos() + 1);
        until(() -> quick.asked.size() == 2);
        quick.answer(1);
        assertThat(sequence(replies.get(0))).isZero();
        slow.answer(0);
        until(() -> monitor.counts().unwanted() == 1);
        assertThat(monitor.counts().hedged()).isEqualTo(1);
    }

    @Test
    void sumsAreAskedForOverAndOverUntilATeacherGivesThem() throws Exception {
        use("a");
        FakeTeachers.FakeLink a = linked("a");
        CompletableFuture<TeacherSignal> sums = new CompletableFuture<>();
        replies.add(sums);
        pool.tell(new TeacherPool.AskSums(sums));
        until(() -> a.asked.size() == 1);
        assertThat(a.asked.getFirst().kind()).isEqualTo(FrameHeader.Kind.COLLECT);
        a.listener.lost("its process has ended");
        until(() -> {
            clock.addAndGet(MICROSECOND);
            return teachers.opened.size() == 2 && teachers.of("a").asked.size() == 1;
        });
        teachers.of("a").answer(0);
        assertThat(sums.get(20, TimeUnit.SECONDS).parts()).hasSize(1);
        assertThat(monitor.counts().askedAgain()).isEqualTo(1);
    }

    @Test
    void aTeacherThatFailsIsAskedAgainAndAFailureOfAllEndsTheBatch() throws Exception {
        use("a");
        FakeTeachers.FakeLink a = linked("a");
        asked(0);
        for (int i = 0; i < SETTINGS.maxFailures(); i++) {
            int asked = i;
            until(() -> {
                clock.addAndGet(MICROSECOND);
                return a.asked.size() == asked + 1;
            });
            a.fail(asked, "out of memory", true);
        }
        assertThatThrownBy(() -> replies.getFirst().get(20, TimeUnit.SECONDS))
                .hasRootCauseInstanceOf(DeviceFailure.class)
                .hasRootCauseMessage("out of memory");
    }

    @Test
    void whatATeacherRefusesIsNotAskedAgain() {
        use("a");
        FakeTeachers.FakeLink a = linked("a");
        asked(0);
        until(() -> a.asked.size() == 1);
        a.fail(0, "token id is 70000: must be in [0, 4096)", false);
        assertThatThrownBy(() -> replies.getFirst().get(20, TimeUnit.SECONDS))
                .hasRootCauseInstanceOf(Refused.class)
                .hasRootCauseMessage("a: token id is 70000: must be in [0, 4096)");
    }

    @Test
    void aTeacherThatIsNotReadyIsTriedUntilItIs() throws Exception {
        teachers.refusing = true;
        use("a");
        asked(0);
        teachers.refusing = false;
        until(() -> {
            clock.addAndGet(MICROSECOND);
            return !teachers.opened.isEmpty() && teachers.of("a").asked.size() == 1;
        });
        teachers.of("a").answer(0);
        assertThat(sequence(replies.getFirst())).isZero();
    }
}
