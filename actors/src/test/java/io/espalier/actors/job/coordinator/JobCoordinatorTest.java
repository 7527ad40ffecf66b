package io.espalier.actors.job.coordinator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.espalier.actors.job.CommitSettings;
import io.espalier.actors.job.CoordinatorAuthority;
import io.espalier.actors.job.EspalierConfig;
import io.espalier.actors.job.journal.JobEvent;
import io.espalier.actors.protocol.CoordinatorProtocol.Begin;
import io.espalier.actors.protocol.CoordinatorProtocol.Command;
import io.espalier.actors.protocol.CoordinatorProtocol.Commit;
import io.espalier.actors.protocol.CoordinatorProtocol.Control;
import io.espalier.actors.protocol.CoordinatorProtocol.Ended;
import io.espalier.actors.protocol.CoordinatorProtocol.GetJob;
import io.espalier.actors.protocol.CoordinatorProtocol.Gone;
import io.espalier.actors.protocol.CoordinatorProtocol.Hello;
import io.espalier.actors.protocol.CoordinatorProtocol.ListJobs;
import io.espalier.actors.protocol.CoordinatorProtocol.Order;
import io.espalier.actors.protocol.CoordinatorProtocol.Outcome;
import io.espalier.actors.protocol.CoordinatorProtocol.RankRole;
import io.espalier.actors.protocol.CoordinatorProtocol.Reception;
import io.espalier.actors.protocol.CoordinatorProtocol.RestartRank;
import io.espalier.actors.protocol.CoordinatorProtocol.Submit;
import io.espalier.actors.protocol.CoordinatorProtocol.Verdict;
import io.espalier.actors.protocol.CoordinatorProtocol.Watch;
import io.espalier.actors.protocol.CoordinatorProtocol.Wish;
import io.espalier.actors.protocol.HostProtocol;
import io.espalier.actors.protocol.HostProtocol.Learn;
import io.espalier.actors.protocol.HostProtocol.Lineage;
import io.espalier.actors.protocol.HostProtocol.Release;
import io.espalier.actors.protocol.HostProtocol.Teach;
import io.espalier.actors.protocol.HostProtocol.Teachers;
import io.espalier.actors.protocol.JobList;
import io.espalier.actors.protocol.JobOrder;
import io.espalier.actors.protocol.JobSpec;
import io.espalier.actors.protocol.JobState;
import io.espalier.actors.protocol.JobView;
import io.espalier.actors.rank.RankStatus;
import io.espalier.testing.CleanLog;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.FishingOutcomes;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

/** Jobs run from submission to end over ranks that come and go; only the job's student commits, whoever coordinates. */
@Timeout(60)
class JobCoordinatorTest {
    private static final ActorTestKit KIT = ActorTestKit.create("coordinator", EspalierConfig.load());
    private static final CoordinatorSettings SETTINGS = new CoordinatorSettings(
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

    private final MemoryJournal journal = new MemoryJournal();
    private final AtomicLong nanos = new AtomicLong();
    private final List<String> troubles = new CopyOnWriteArrayList<>();
    private final AtomicInteger deposed = new AtomicInteger();
    private final TestProbe<JobView> views = KIT.createTestProbe();
    private final List<ActorRef<Command>> started = new ArrayList<>();
    private ActorRef<Command> coordinator;

    @AfterAll
    static void shutdown() {
        KIT.shutdownTestKit();
    }

    @BeforeEach
    void start() {
        coordinator = coordinate();
    }

    private ActorRef<Command> coordinate() {
        ActorRef<Command> one = KIT.spawn(
                JobCoordinator.create(journal, SETTINGS, nanos::get, deposed::incrementAndGet, troubles::add));
        started.add(one);
        return one;
    }

    @AfterEach
    void stop() {
        started.forEach(KIT::stop);
    }

    /** The coordinator's process dies, and another takes over. */
    private void fail() {
        KIT.stop(coordinator);
        coordinator = coordinate();
    }

    private static JobSpec job(String id, int teachers, int stages) {
        return new JobSpec(id, List.of("distill"), Path.of("/runs"), teachers, stages);
    }

    /** A host that remembers what it was told. */
    private final class Host {
        private final String name;
        private final long incarnation;
        private final RankRole role;
        private final TestProbe<HostProtocol.Command> told = KIT.createTestProbe();

        private Host(String name, long incarnation, RankRole role) {
            this.name = name;
            this.incarnation = incarnation;
            this.role = role;
            hello(RankStatus.State.READY);
        }

        private void hello(RankStatus.State state) {
            coordinator.tell(new Hello(name, incarnation, role, new RankStatus(name, state, 0, 0), told.ref()));
        }

        private <T extends HostProtocol.Command> T awaits(Class<T> type, Predicate<T> wanted) {
            while (true) {
                HostProtocol.Command next = told.receiveMessage(Duration.ofSeconds(10));
                if (type.isInstance(next) && wanted.test(type.cast(next))) {
                    return type.cast(next);
                }
            }
        }

        private Verdict begin(String job, long epoch, long base) {
            return ask(reply -> new Begin(job, epoch, incarnation, base, reply));
        }

        private Verdict commit(String job, long epoch, long step) {
            return ask(reply -> new Commit(job, epoch, incarnation, step, "sha-" + step, reply));
        }

        private Verdict ended(String job, long epoch, Outcome outcome) {
            return ask(reply -> new Ended(job, epoch, incarnation, outcome, reply));
        }
    }

    private Verdict ask(java.util.function.Function<ActorRef<Verdict>, Command> question) {
        TestProbe<Verdict> answer = KIT.createTestProbe();
        coordinator.tell(question.apply(answer.ref()));
        return answer.receiveMessage(Duration.ofSeconds(10));
    }

    private JobView submit(JobSpec job) {
        coordinator.tell(new Submit(job, views.ref()));
        return views.receiveMessage(Duration.ofSeconds(10));
    }

    private JobView view(String job) {
        coordinator.tell(new GetJob(job, views.ref()));
        return views.receiveMessage(Duration.ofSeconds(10));
    }

    private JobView control(String job, Wish wish) {
        coordinator.tell(new Control(job, wish, views.ref()));
        return views.receiveMessage(Duration.ofSeconds(10));
    }

    private Host student(long incarnation) {
        return new Host("student-0", incarnation, RankRole.STUDENT);
    }

    private Host teacher(int number) {
        return new Host("teacher-" + number, number, RankRole.TEACHER);
    }

    /** A job whose student, of incarnation 1, has begun in epoch 1. */
    private Host running(String job) {
        submit(job(job, 0, 1));
        Host student = student(1);
        student.awaits(Learn.class, learn -> learn.epoch() == 1);
        assertThat(student.begin(job, 1, 0)).isEqualTo(new Verdict.Granted(1));
        return student;
    }

    @Test
    void aJobRunsFromItsSubmissionToItsEnd() {
        TestProbe<JobView> watcher = KIT.createTestProbe();
        assertThat(submit(job("j", 2, 2)).cause()).isEqualTo("waits for a student rank");
        assertThat(submit(job("j", 2, 2)).state()).isEqualTo(JobState.STARTING);
        coordinator.tell(new Watch("j", watcher.ref()));
        List<Host> teachers = List.of(teacher(0), teacher(1), teacher(2), teacher(3));
        for (int i = 0; i < 4; i++) {
            int stage = i % 2;
            teachers.get(i).awaits(Teach.class, teach -> teach.stage() == stage && teach.stages() == 2);
        }
        Host student = student(7);
        Learn learn = student.awaits(Learn.class, _ -> true);
        assertThat(learn).isEqualTo(new Learn(job("j", 2, 2), 1, List.of(), false));
        Teachers all = student.awaits(Teachers.class, told -> told.teachers().size() == 2);
        assertThat(all.teachers().getFirst())
                .extracting(HostProtocol.Stage::rank)
                .containsExactly("teacher-0", "teacher-1");
        assertThat(student.begin("j", 1, 0)).isEqualTo(new Verdict.Granted(1));
        assertThat(view("j").state()).isEqualTo(JobState.RUNNING);
        assertThat(student.commit("j", 1, 200)).isEqualTo(new Verdict.Granted(1));
        assertThat(student.commit("j", 1, 200)).isEqualTo(new Verdict.Granted(1));
        assertThat(view("j").committedStep()).isEqualTo(200);
        assertThat(student.ended("j", 1, new Outcome.Completed(400, false))).isEqualTo(new Verdict.Granted(1));
        student.awaits(Release.class, _ -> true);
        teachers.forEach(teacher -> teacher.awaits(Release.class, _ -> true));
        JobView last = watcher.fishForMessage(
                        Duration.ofSeconds(10),
                        seen -> seen.state() == JobState.STOPPED
                                ? FishingOutcomes.complete()
                                : FishingOutcomes.continueAndIgnore())
                .getLast();
        assertThat(last.exitCode()).isZero();
        assertThat(journal.events("j"))
                .extracting(event -> event.getClass().getSimpleName())
                .containsExactly("JobSubmitted", "EpochBegan", "StudentBegan", "CheckpointCommitted", "JobEnded");
    }

    @Test
    void aZombieStudentsCommitIsRefused() {
        Host zombie = running("j");
        assertThat(zombie.commit("j", 1, 10)).isEqualTo(new Verdict.Granted(1));
        coordinator.tell(new Gone("student-0", 1, "did not answer its parent"));
        Host next = student(2);
        Learn learn = next.awaits(Learn.class, _ -> true);
        assertThat(learn.epoch()).isEqualTo(2);
        assertThat(learn.lineage()).containsExactly(new Lineage(1, 0));
        assertThat(next.begin("j", 2, 10)).isEqualTo(new Verdict.Granted(2));
        assertThat(zombie.commit("j", 1, 20)).isInstanceOf(Verdict.Fenced.class);
        assertThat(zombie.begin("j", 2, 10)).isInstanceOf(Verdict.Fenced.class);
        assertThat(zombie.ended("j", 1, new Outcome.Completed(20, false))).isInstanceOf(Verdict.Fenced.class);
        zombie.hello(RankStatus.State.WORKING);
        zombie.awaits(Release.class, _ -> true);
        assertThat(next.commit("j", 2, 20)).isEqualTo(new Verdict.Granted(2));
        JobView view = view("j");
        assertThat(view.restarts()).isEqualTo(1);
        assertThat(view.state()).isEqualTo(JobState.RUNNING);
    }

    @Test
    void aProcessThatHasNotBegunCommitsNothing() {
        submit(job("j", 0, 1));
        Host student = student(1);
        student.awaits(Learn.class, _ -> true);
        assertThat(student.commit("j", 1, 10)).isEqualTo(new Verdict.Fenced(1, "this process has not begun"));
        assertThat(student.begin("j", 1, 5)).isEqualTo(new Verdict.Granted(1));
        assertThat(student.begin("j", 1, 0)).isEqualTo(new Verdict.Fenced(1, "this process has begun from step 5"));
        assertThat(student.commit("j", 1, 4)).isInstanceOf(Verdict.Fenced.class);
    }

    @Test
    void anotherCoordinatorGoesOnWithTheSameStudentAndTheFirstStops() {
        CleanLog.expect("another has taken over job [j]");
        Host student = running("j");
        ActorRef<Command> first = coordinator;
        coordinator = coordinate();
        student.hello(RankStatus.State.WORKING);
        assertThat(student.awaits(Learn.class, learn -> learn.epoch() == 2).lineage())
                .containsExactly(new Lineage(1, 0));
        // Its commit was on the way when the epoch began: it is the student all the same.
        assertThat(student.commit("j", 1, 10)).isEqualTo(new Verdict.Granted(2));
        TestProbe<Verdict> unanswered = KIT.createTestProbe();
        TestProbe<Object> death = KIT.createTestProbe();
        first.tell(new Commit("j", 1, 99, 20, "of-a-zombie", unanswered.ref()));
        death.expectTerminated(first, Duration.ofSeconds(10));
        assertThat(deposed).hasValue(1);
        unanswered.expectNoMessage(Duration.ZERO);
        assertThat(view("j").restarts()).isZero();
        assertThat(view("j").epoch()).isEqualTo(2);
    }

    @Test
    void aStudentThatDiedWithTheCoordinatorIsNotWaitedForLongerThanSilence() {
        running("j");
        fail();
        Host spare = new Host("student-1", 5, RankRole.STUDENT);
        assertThat(view("j").restarts()).isZero();
        nanos.addAndGet(Duration.ofSeconds(9).toNanos());
        spare.hello(RankStatus.State.READY);
        assertThat(view("j").restarts()).isZero();
        nanos.addAndGet(Duration.ofSeconds(2).toNanos());
        spare.hello(RankStatus.State.READY);
        assertThat(spare.awaits(Learn.class, _ -> true).epoch()).isEqualTo(3);
        assertThat(view("j").cause()).isEqualTo("not heard of");
    }

    @Test
    void aSilentTeacherIsFollowedByASpareAndReleasedWhenItComesBack() {
        submit(job("j", 1, 1));
        Host teacher = teacher(0);
        teacher.awaits(Teach.class, _ -> true);
        Host student = student(1);
        student.awaits(Teachers.class, told -> told.teachers().size() == 1);
        Host spare = teacher(1);
        nanos.addAndGet(Duration.ofSeconds(9).toNanos());
        spare.hello(RankStatus.State.READY);
        student.hello(RankStatus.State.READY);
        nanos.addAndGet(Duration.ofSeconds(2).toNanos());
        spare.awaits(Teach.class, teach -> teach.stage() == 0);
        Teachers now = student.awaits(
                Teachers.class,
                told -> told.teachers().size() == 1
                        && told.teachers().getFirst().getFirst().rank().equals("teacher-1"));
        assertThat(now.epoch()).isEqualTo(1);
        teacher.hello(RankStatus.State.READY);
        teacher.awaits(Release.class, _ -> true);
    }

    @Test
    void aTeacherThatLoadsIsNotOffered() {
        submit(job("j", 1, 1));
        Host student = student(1);
        Host teacher = teacher(0);
        student.awaits(Teachers.class, told -> told.teachers().size() == 1);
        teacher.hello(RankStatus.State.LOADING);
        student.awaits(Teachers.class, told -> told.teachers().isEmpty());
        teacher.hello(RankStatus.State.READY);
        student.awaits(Teachers.class, told -> told.teachers().size() == 1);
        teacher.told.stop();
        student.awaits(Teachers.class, told -> told.teachers().isEmpty());
    }

    @Test
    void studentsThatDieWithoutACheckpointFailTheJob() {
        Host first = running("j");
        assertThat(first.commit("j", 1, 10)).isEqualTo(new Verdict.Granted(1));
        coordinator.tell(new Gone("student-0", 1, "exit 137"));
        for (long incarnation = 2; incarnation <= 3; incarnation++) {
            nanos.addAndGet(SETTINGS.maxRest().toNanos());
            Host student = student(incarnation);
            long epoch = student.awaits(Learn.class, _ -> true).epoch();
            assertThat(student.begin("j", epoch, 10)).isEqualTo(new Verdict.Granted(epoch));
            assertThat(student.ended("j", epoch, new Outcome.Failed("out of memory", Outcome.Again.COUNTED, 1)))
                    .isEqualTo(new Verdict.Granted(epoch));
        }
        JobView view = view("j");
        assertThat(view.state()).isEqualTo(JobState.FAILED);
        assertThat(view.cause()).isEqualTo("its student was lost 3 times without a new checkpoint: out of memory");
        assertThat(view.exitCode()).isEqualTo(1);
    }

    @Test
    void aJobWhoseDiskIsFullWaitsHoweverOftenItIsTriedAndGoesOnWhenThereIsRoom() {
        Host first = running("j");
        Outcome full = new Outcome.Failed("out/events.jsonl: no space left on the disk", Outcome.Again.WHEN_WELL, 75);
        first.ended("j", 1, full);
        JobView waits = view("j");
        assertThat(waits.state()).isEqualTo(JobState.PAUSED);
        assertThat(waits.cause()).isEqualTo("waits: out/events.jsonl: no space left on the disk");
        for (long incarnation = 2; incarnation <= 2 + SETTINGS.maxStudentRestarts() + 1; incarnation++) {
            nanos.addAndGet(SETTINGS.maxRest().toNanos());
            Host student = student(incarnation);
            student.ended("j", student.awaits(Learn.class, _ -> true).epoch(), full);
        }
        assertThat(control("j", Wish.RESUME).state())
                .as("an operator need not wait")
                .isEqualTo(JobState.RUNNING);
        Host last = student(99);
        long epoch = last.awaits(Learn.class, _ -> true).epoch();
        assertThat(last.begin("j", epoch, 0)).isEqualTo(new Verdict.Granted(epoch));
        assertThat(view("j").state()).isEqualTo(JobState.RUNNING);
        assertThat(view("j").cause()).isEmpty();
        assertThat(view("j").restarts())
                .as("a full disk is no failure of the job")
                .isZero();
    }

    @Test
    void aFailureThatNoOtherProcessCanMendFailsTheJobWithItsExitCode() {
        Host student = running("j");
        student.ended("j", 1, new Outcome.Failed("--data: no such file", Outcome.Again.NEVER, 3));
        assertThat(view("j").state()).isEqualTo(JobState.FAILED);
        assertThat(view("j").exitCode()).isEqualTo(3);
        assertThat(student.commit("j", 1, 10)).isEqualTo(new Verdict.Fenced(1, "the job has ended"));
    }

    @Test
    void jobsWaitForEachOtherInTheOrderOfTheirSubmission() {
        Host student = running("first");
        assertThat(submit(job("second", 0, 1)).cause()).isEqualTo("waits for job first");
        JobView third = submit(job("third", 0, 1));
        assertThat(third.state()).isEqualTo(JobState.FAILED);
        assertThat(third.cause()).isEqualTo("2 jobs have not ended: there may be no more");
        assertThat(third.exitCode()).isEqualTo(75);
        student.ended("first", 1, new Outcome.Completed(5, false));
        assertThat(student.awaits(Learn.class, learn -> learn.job().id().equals("second"))
                        .epoch())
                .isEqualTo(1);
        fail();
        assertThat(view("first").state()).isEqualTo(JobState.STOPPED);
        assertThat(view("second").state()).isEqualTo(JobState.STARTING);
    }

    @Test
    void operatorsPauseResumeAndDrain() {
        Host student = running("j");
        assertThat(control("j", Wish.RESUME).state()).isEqualTo(JobState.RUNNING);
        assertThat(control("j", Wish.PAUSE).state()).isEqualTo(JobState.PAUSED);
        student.awaits(HostProtocol.Pause.class, HostProtocol.Pause::paused);
        assertThat(control("j", Wish.RESUME).state()).isEqualTo(JobState.RUNNING);
        student.awaits(HostProtocol.Pause.class, pause -> !pause.paused());
        assertThat(control("j", Wish.DRAIN).state()).isEqualTo(JobState.DRAINING);
        student.awaits(HostProtocol.Drain.class, _ -> true);
        JobView refused = control("j", Wish.PAUSE);
        assertThat(refused.cause()).isEqualTo("a job that is DRAINING cannot become PAUSED");
        student.ended("j", 1, new Outcome.Completed(40, true));
        assertThat(view("j").cause()).isEqualTo("drained after step 40");
        assertThat(control("j", Wish.DRAIN).state()).isEqualTo(JobState.STOPPED);
        assertThat(control("another", Wish.PAUSE).exitCode()).isEqualTo(3);
        coordinator.tell(new Gone("student-0", 1, "has ended"));
        submit(job("late", 1, 1));
        assertThat(control("late", Wish.DRAIN).cause()).isEqualTo("drained before it began");
    }

    @Test
    void aJobThatIsToStopEndsWhereItsStudentHasParked() {
        Host student = running("j");
        assertThat(control("j", Wish.STOP).state()).isEqualTo(JobState.STOPPING);
        student.awaits(HostProtocol.Drain.class, HostProtocol.Drain::now);
        student.ended("j", 1, new Outcome.Parked(40));
        assertThat(view("j").state()).isEqualTo(JobState.STOPPED);
        assertThat(view("j").cause()).startsWith("stopped after step 40");
    }

    @Test
    void aJobWhoseStudentHasParkedGoesOnInTheNextOne() {
        Host student = running("j");
        assertThat(restart("nobody")).isInstanceOf(Reception.TurnedDown.class);
        assertThat(restart("student-0")).isEqualTo(new Reception.Taken());
        student.awaits(HostProtocol.Park.class, _ -> true);
        student.ended("j", 1, new Outcome.Parked(40));
        student.hello(RankStatus.State.IDLE);
        assertThat(view("j").state()).isEqualTo(JobState.RUNNING);
        Host next = student(2);
        assertThat(next.awaits(Learn.class, _ -> true).epoch()).isEqualTo(2);
        assertThat(next.begin("j", 2, 40)).isEqualTo(new Verdict.Granted(2));
        assertThat(view("j").restarts()).isZero();
    }

    private Reception restart(String rank) {
        TestProbe<Reception> answer = KIT.createTestProbe();
        coordinator.tell(new RestartRank(rank, answer.ref()));
        return answer.receiveMessage(Duration.ofSeconds(10));
    }

    @Test
    void ordersReachTheStudentThatIsThere() {
        JobOrder now = new JobOrder.Checkpoint("op-1");
        assertThat(order("j", now)).isEqualTo(new Reception.TurnedDown("there is no such job", 3));
        submit(job("j", 0, 1));
        assertThat(order("j", now))
                .isEqualTo(new Reception.TurnedDown("its student is not there yet, or not any more", 75));
        Host student = running("j");
        assertThat(order("j", now)).isEqualTo(new Reception.Taken());
        assertThat(student.awaits(HostProtocol.Order.class, _ -> true).order()).isEqualTo(now);
        student.ended("j", 1, new Outcome.Completed(5, false));
        assertThat(order("j", now)).isEqualTo(new Reception.TurnedDown("a job that is STOPPED takes no orders", 4));
    }

    private Reception order(String job, JobOrder order) {
        TestProbe<Reception> answer = KIT.createTestProbe();
        coordinator.tell(new Order(job, order, answer.ref()));
        return answer.receiveMessage(Duration.ofSeconds(10));
    }

    @Test
    void listsWhatHasNotEndedAndTheNewestOfTheRest() {
        for (String job : List.of("a", "b", "c")) {
            submit(job(job, 0, 1));
            control(job, Wish.DRAIN);
        }
        submit(job("d", 0, 1));
        TestProbe<JobList> answer = KIT.createTestProbe();
        coordinator.tell(new ListJobs(1, answer.ref()));
        JobList list = answer.receiveMessage(Duration.ofSeconds(10));
        assertThat(list.jobs()).extracting(entry -> entry.job().id()).containsExactly("c", "d");
        assertThat(list.jobs())
                .extracting(entry -> entry.view().state())
                .containsExactly(JobState.STOPPED, JobState.STARTING);
        assertThat(list.total()).isEqualTo(4);
    }

    @Test
    void whatIsToldIsToldAgain() {
        submit(job("j", 1, 1));
        Host teacher = teacher(0);
        Host student = student(1);
        for (int i = 0; i < 3; i++) {
            teacher.awaits(Teach.class, teach -> teach.epoch() == 1);
            student.awaits(Learn.class, learn -> learn.epoch() == 1);
        }
    }

    @Test
    void aJournalThatFailsIsReadAgainAndNothingIsLost() {
        CleanLog.expect("the disk is on fire");
        Host student = running("j");
        journal.failures.set(2);
        CommitSettings patient = new CommitSettings(Duration.ofMillis(200), Duration.ofSeconds(20));
        CoordinatorAuthority authority =
                new CoordinatorAuthority(KIT.system(), coordinator, patient, job("j", 1, 1), 1, 1, List.of());
        assertThat(authority.begin(0).toCompletableFuture().join()).isInstanceOf(Verdict.Granted.class);
        assertThat(authority.commit(10, "sha").toCompletableFuture().join()).isInstanceOf(Verdict.Granted.class);
        assertThat(authority.affirm().toCompletableFuture().join()).isInstanceOf(Verdict.Granted.class);
        assertThat(authority.origin().epoch()).isGreaterThan(1);
        student.hello(RankStatus.State.WORKING);
        assertThat(view("j").committedStep()).isEqualTo(10);
        assertThat(troubles)
                .as("why it could not coordinate, and that it can again")
                .contains("journal: the disk is on fire")
                .last()
                .isEqualTo("");
        assertThat(journal.events("j").stream().filter(JobEvent.CheckpointCommitted.class::isInstance))
                .hasSize(1);
    }

    private static JobSpec writing(String id, String out, String source) {
        String live = "{\"sources\":{\"" + source + "\":{\"kind\":\"http\",\"secret\":\"canary\"}}}";
        return new JobSpec(id, List.of("continual", "--live", live, "--out", out), Path.of("/runs"), 0, 1);
    }

    @Test
    void oneDirectoryAndOneSourceAreOneJobsHoweverManyAskAtOnce() {
        journal.failures.set(1);
        CleanLog.expect("the disk is on fire");
        for (int i = 0; i < 4; i++) {
            coordinator.tell(new Submit(writing("j" + i, "/runs/x/../out", "s" + i), views.ref()));
            coordinator.tell(new Submit(writing("k" + i, "/runs/out" + i, "shared"), views.ref()));
        }
        fail();
        long taken = 0;
        for (int i = 0; i < 4; i++) {
            taken += submit(writing("j" + i, "out", "s" + i)).exitCode() == 0 ? 1 : 0;
            taken += submit(writing("k" + i, "/runs/out" + i, "shared")).exitCode() == 0 ? 1 : 0;
        }
        assertThat(taken).isEqualTo(2);
        assertThat(submit(writing("another", "out", "of-its-own")).cause())
                .startsWith("/runs/out: job j")
                .endsWith("writes to this directory");
        assertThat(submit(writing("third", "out-3", "shared")).cause()).startsWith("source shared: job k");
    }

    @Test
    void whatAJobSaysIsInTheJournalAndNotInTheLog() {
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        lines.start();
        Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        root.addAppender(lines);
        Level before = root.getLevel();
        root.setLevel(Level.DEBUG);
        try {
            submit(writing("quiet", "out-quiet", "quiet"));
        } finally {
            root.setLevel(before);
            root.detachAppender(lines);
        }
        assertThat(journal.events("quiet").getFirst())
                .isInstanceOfSatisfying(
                        JobEvent.JobSubmitted.class,
                        event -> assertThat(event.job().arguments().toString()).contains("canary"));
        assertThat(lines.list)
                .extracting(ILoggingEvent::getFormattedMessage)
                .anyMatch(line -> line.contains("quiet"))
                .noneMatch(line -> line.contains("canary"));
    }

    @Test
    void whoFindsNoCoordinatorGivesUpAfterItsPatience() {
        CommitSettings settings = new CommitSettings(Duration.ofMillis(20), Duration.ofMillis(100));
        CoordinatorAuthority authority = new CoordinatorAuthority(
                KIT.system(), KIT.<Command>createTestProbe().ref(), settings, job("j", 1, 1), 1, 1, List.of());
        assertThatThrownBy(() -> authority.begin(0).toCompletableFuture().join())
                .hasMessageContaining("no coordinator has answered");
    }
}
