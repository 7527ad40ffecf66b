package io.espalier.actors.job.coordinator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.actors.job.CommitSettings;
import io.espalier.actors.job.CoordinatorAuthority;
import io.espalier.actors.job.journal.JobEvent;
import io.espalier.actors.protocol.CoordinatorProtocol.Command;
import io.espalier.actors.protocol.CoordinatorProtocol.Commit;
import io.espalier.actors.protocol.CoordinatorProtocol.Gone;
import io.espalier.actors.protocol.CoordinatorProtocol.Order;
import io.espalier.actors.protocol.CoordinatorProtocol.Outcome;
import io.espalier.actors.protocol.CoordinatorProtocol.RankRole;
import io.espalier.actors.protocol.CoordinatorProtocol.Reception;
import io.espalier.actors.protocol.CoordinatorProtocol.RestartRank;
import io.espalier.actors.protocol.CoordinatorProtocol.Verdict;
import io.espalier.actors.protocol.CoordinatorProtocol.Watch;
import io.espalier.actors.protocol.CoordinatorProtocol.Wish;
import io.espalier.actors.protocol.HostProtocol;
import io.espalier.actors.protocol.HostProtocol.Learn;
import io.espalier.actors.protocol.HostProtocol.Lineage;
import io.espalier.actors.protocol.HostProtocol.Release;
import io.espalier.actors.protocol.HostProtocol.Teach;
import io.espalier.actors.protocol.HostProtocol.Teachers;
import io.espalier.actors.protocol.JobOrder;
import io.espalier.actors.protocol.JobState;
import io.espalier.actors.protocol.JobView;
import io.espalier.actors.rank.RankStatus;
import io.espalier.testing.CleanLog;
import java.time.Duration;
import java.util.List;
import org.apache.pekko.actor.testkit.typed.javadsl.FishingOutcomes;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Jobs run from submission to end over ranks that come and go; only the job's student commits, whoever coordinates. */
@Timeout(60)
class JobCoordinatorTest extends CoordinatorRig {
    @Test
    void aJobRunsFromItsSubmissionToItsEnd() {
        TestProbe<JobView> watcher = kit.createTestProbe();
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
        TestProbe<Verdict> unanswered = kit.createTestProbe();
        TestProbe<Object> death = kit.createTestProbe();
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
        TestProbe<Reception> answer = kit.createTestProbe();
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
        TestProbe<Reception> answer = kit.createTestProbe();
        coordinator.tell(new Order(job, order, answer.ref()));
        return answer.receiveMessage(Duration.ofSeconds(10));
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
                new CoordinatorAuthority(kit.system(), coordinator, patient, job("j", 1, 1), 1, 1, List.of());
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

    @Test
    void whoFindsNoCoordinatorGivesUpAfterItsPatience() {
        CommitSettings settings = new CommitSettings(Duration.ofMillis(20), Duration.ofMillis(100));
        CoordinatorAuthority authority = new CoordinatorAuthority(
                kit.system(), kit.<Command>createTestProbe().ref(), settings, job("j", 1, 1), 1, 1, List.of());
        assertThatThrownBy(() -> authority.begin(0).toCompletableFuture().join())
                .hasMessageContaining("no coordinator has answered");
    }
}
