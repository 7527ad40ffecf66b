package io.espalier.actors.job.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.actors.job.EspalierConfig;
import io.espalier.actors.protocol.CoordinatorProtocol.Begin;
import io.espalier.actors.protocol.CoordinatorProtocol.Command;
import io.espalier.actors.protocol.CoordinatorProtocol.Commit;
import io.espalier.actors.protocol.CoordinatorProtocol.Control;
import io.espalier.actors.protocol.CoordinatorProtocol.Ended;
import io.espalier.actors.protocol.CoordinatorProtocol.GetJob;
import io.espalier.actors.protocol.CoordinatorProtocol.Hello;
import io.espalier.actors.protocol.CoordinatorProtocol.Outcome;
import io.espalier.actors.protocol.CoordinatorProtocol.RankRole;
import io.espalier.actors.protocol.CoordinatorProtocol.Submit;
import io.espalier.actors.protocol.CoordinatorProtocol.Verdict;
import io.espalier.actors.protocol.CoordinatorProtocol.Wish;
import io.espalier.actors.protocol.DescribedJobs;
import io.espalier.actors.protocol.HostProtocol;
import io.espalier.actors.protocol.HostProtocol.Learn;
import io.espalier.actors.protocol.JobSpec;
import io.espalier.actors.protocol.JobView;
import io.espalier.actors.rank.RankStatus;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;

/** A coordinator over a journal in memory, and hosts that remember what they were told. */
abstract class CoordinatorRig {
    /** Each class of tests has a kit of its own. */
    static ActorTestKit kit;

    static final CoordinatorSettings SETTINGS = new CoordinatorSettings(
            Duration.ofSeconds(10),
            Duration.ofMillis(20),
            Duration.ofMillis(100),
            2,
            100,
            2,
            5,
            Duration.ofMillis(10),
            Duration.ofMillis(40),
            Duration.ofMillis(10),
            Duration.ofMillis(50));

    final MemoryJournal journal = new MemoryJournal();
    final AtomicLong nanos = new AtomicLong();
    final List<String> troubles = new CopyOnWriteArrayList<>();
    final AtomicInteger deposed = new AtomicInteger();
    final TestProbe<JobView> views = kit.createTestProbe();
    final List<ActorRef<Command>> started = new ArrayList<>();
    ActorRef<Command> coordinator;

    @BeforeAll
    static void startKit() {
        kit = ActorTestKit.create("coordinator", EspalierConfig.load());
    }

    @AfterAll
    static void shutdown() {
        kit.shutdownTestKit();
    }

    @BeforeEach
    void start() {
        coordinator = coordinate();
    }

    ActorRef<Command> coordinate() {
        ActorRef<Command> one = kit.spawn(
                JobCoordinator.create(journal, SETTINGS, nanos::get, deposed::incrementAndGet, troubles::add));
        started.add(one);
        return one;
    }

    @AfterEach
    void stop() {
        started.forEach(kit::stop);
    }

    /** The coordinator's process dies, and another takes over. */
    void fail() {
        kit.stop(coordinator);
        coordinator = coordinate();
    }

    static JobSpec job(String id, int teachers, int stages) {
        return new JobSpec(id, DescribedJobs.distill(), Path.of("/runs"), teachers, stages);
    }

    /** A host that remembers what it was told. */
    final class Host {
        private final String name;
        private final long incarnation;
        private final RankRole role;
        final TestProbe<HostProtocol.Command> told = kit.createTestProbe();

        Host(String name, long incarnation, RankRole role) {
            this.name = name;
            this.incarnation = incarnation;
            this.role = role;
            hello(RankStatus.State.READY);
        }

        void hello(RankStatus.State state) {
            coordinator.tell(new Hello(name, incarnation, role, new RankStatus(name, state, 0, 0), told.ref()));
        }

        <T extends HostProtocol.Command> T awaits(Class<T> type, Predicate<T> wanted) {
            while (true) {
                HostProtocol.Command next = told.receiveMessage(Duration.ofSeconds(10));
                if (type.isInstance(next) && wanted.test(type.cast(next))) {
                    return type.cast(next);
                }
            }
        }

        Verdict begin(String job, long epoch, long base) {
            return ask(reply -> new Begin(job, epoch, incarnation, base, reply));
        }

        Verdict commit(String job, long epoch, long step) {
            return ask(reply -> new Commit(job, epoch, incarnation, step, "sha-" + step, reply));
        }

        Verdict ended(String job, long epoch, Outcome outcome) {
            return ask(reply -> new Ended(job, epoch, incarnation, outcome, reply));
        }
    }

    Verdict ask(java.util.function.Function<ActorRef<Verdict>, Command> question) {
        TestProbe<Verdict> answer = kit.createTestProbe();
        coordinator.tell(question.apply(answer.ref()));
        return answer.receiveMessage(Duration.ofSeconds(10));
    }

    JobView submit(JobSpec job) {
        coordinator.tell(new Submit(job, views.ref()));
        return views.receiveMessage(Duration.ofSeconds(10));
    }

    JobView view(String job) {
        coordinator.tell(new GetJob(job, views.ref()));
        return views.receiveMessage(Duration.ofSeconds(10));
    }

    JobView control(String job, Wish wish) {
        coordinator.tell(new Control(job, wish, views.ref()));
        return views.receiveMessage(Duration.ofSeconds(10));
    }

    Host student(long incarnation) {
        return new Host("student-0", incarnation, RankRole.STUDENT);
    }

    Host teacher(int number) {
        return new Host("teacher-" + number, number, RankRole.TEACHER);
    }

    /** A job whose student, of incarnation 1, has begun in epoch 1. */
    Host running(String job) {
        submit(job(job, 0, 1));
        Host student = student(1);
        student.awaits(Learn.class, learn -> learn.epoch() == 1);
        assertThat(student.begin(job, 1, 0)).isEqualTo(new Verdict.Granted(1));
        return student;
    }
}
