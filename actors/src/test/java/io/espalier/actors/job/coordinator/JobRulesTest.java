package io.espalier.actors.job.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.actors.job.coordinator.JobRules.Ruling;
import io.espalier.actors.job.journal.JobEvent;
import io.espalier.actors.job.journal.JobEvent.CheckpointCommitted;
import io.espalier.actors.job.journal.JobEvent.EpochBegan;
import io.espalier.actors.job.journal.JobEvent.JobEnded;
import io.espalier.actors.job.journal.JobEvent.JobSubmitted;
import io.espalier.actors.job.journal.JobEvent.StateChanged;
import io.espalier.actors.job.journal.JobEvent.StudentBegan;
import io.espalier.actors.job.journal.JobEvent.StudentLost;
import io.espalier.actors.job.journal.JobEvent.StudentParked;
import io.espalier.actors.protocol.CoordinatorProtocol.Begin;
import io.espalier.actors.protocol.CoordinatorProtocol.Commit;
import io.espalier.actors.protocol.CoordinatorProtocol.Ended;
import io.espalier.actors.protocol.CoordinatorProtocol.Hello;
import io.espalier.actors.protocol.CoordinatorProtocol.Outcome;
import io.espalier.actors.protocol.CoordinatorProtocol.RankRole;
import io.espalier.actors.protocol.CoordinatorProtocol.Wish;
import io.espalier.actors.protocol.DescribedJobs;
import io.espalier.actors.protocol.HostProtocol.Lineage;
import io.espalier.actors.protocol.JobSpec;
import io.espalier.actors.protocol.JobState;
import io.espalier.actors.rank.RankStatus;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;

/** The events of a job alone decide what may happen to it in each state. */
@Timeout(20)
class JobRulesTest {
    private static final JobSpec SPEC = new JobSpec("j", DescribedJobs.distill(), Path.of("/"), 2, 2);
    private static final List<JobEvent> BEGUN =
            List.of(new JobSubmitted(SPEC), new EpochBegan(1, "c", "student-0", 7), new StudentBegan(1, 7, 0));

    private static JobLog after(JobEvent... more) {
        return JobLog.of(Stream.concat(BEGUN.stream(), Stream.of(more)).toList());
    }

    /** A log in each state. */
    private static JobLog in(JobState state) {
        return switch (state) {
            case STARTING -> JobLog.of(BEGUN.subList(0, 2));
            case RUNNING -> after();
            case PAUSED, DRAINING, STOPPING -> after(new StateChanged(state, ""));
            case STOPPED, FAILED -> after(new JobEnded(state, "", 0));
        };
    }

    @TestFactory
    Stream<DynamicTest> wishesAreGrantedByState() {
        Map<Wish, Map<JobState, JobState>> granted = Map.of(
                Wish.PAUSE, Map.of(JobState.RUNNING, JobState.PAUSED),
                Wish.RESUME, Map.of(JobState.PAUSED, JobState.RUNNING),
                Wish.DRAIN,
                        Map.of(
                                JobState.STARTING, JobState.DRAINING,
                                JobState.RUNNING, JobState.DRAINING,
                                JobState.PAUSED, JobState.DRAINING),
                Wish.STOP,
                        Map.of(
                                JobState.STARTING, JobState.STOPPING,
                                JobState.RUNNING, JobState.STOPPING,
                                JobState.PAUSED, JobState.STOPPING,
                                JobState.DRAINING, JobState.STOPPING));
        return Stream.of(Wish.values())
                .flatMap(wish -> Stream.of(JobState.values())
                        .map(state -> DynamicTest.dynamicTest(wish + " of one that is " + state, () -> {
                            Ruling ruling = JobRules.control(in(state), wish);
                            JobState to = granted.get(wish).get(state);
                            boolean same = ruling instanceof Ruling.Already;
                            if (to == null) {
                                assertThat(same || ruling instanceof Ruling.Refused)
                                        .isTrue();
                            } else {
                                assertThat(in(state)
                                                .applyAll(((Ruling.Happens) ruling).events())
                                                .state())
                                        .isEqualTo(to);
                            }
                        })));
    }

    @Test
    void theEpochsOfOneStudentAreItsOwnAndThoseOfAnotherAreNot() {
        JobLog followed = after(new EpochBegan(2, "d", "student-0", 7));
        assertThat(commit(followed, 1, 7)).isInstanceOf(Ruling.Happens.class);
        assertThat(commit(followed, 2, 7)).isInstanceOf(Ruling.Happens.class);
        assertThat(commit(followed, 3, 7)).isInstanceOf(Ruling.Later.class);
        assertThat(commit(followed, 2, 8)).isInstanceOf(Ruling.Refused.class);
        JobLog silent = after(new StudentLost("student-0", 7, "silent", false));
        assertThat(commit(silent, 1, 7)).isInstanceOf(Ruling.Later.class);
        JobLog heardAgain = silent.apply(new EpochBegan(2, "c", "student-0", 7));
        assertThat(commit(heardAgain, 1, 7)).isInstanceOf(Ruling.Happens.class);
        JobLog another = silent.apply(new EpochBegan(2, "c", "student-1", 9));
        assertThat(commit(another, 1, 7)).isInstanceOf(Ruling.Refused.class);
        JobLog back = another.apply(new StudentLost("student-1", 9, "exit 1", true))
                .apply(new EpochBegan(3, "c", "student-0", 7));
        assertThat(commit(back, 1, 7)).isInstanceOf(Ruling.Refused.class);
        assertThat(commit(back, 3, 7)).isEqualTo(new Ruling.Refused("this process has not begun"));
    }

    private static Ruling commit(JobLog log, long epoch, long incarnation) {
        return JobRules.commit(log, new Commit("j", epoch, incarnation, 10, "sha", null));
    }

    @Test
    void theLineageSaysWhereEachEpochBeganThatStillBinds() {
        JobLog log = after(
                new CheckpointCommitted(1, 7, 10, "a"),
                new CheckpointCommitted(1, 7, 20, "b"),
                new StudentLost("student-0", 7, "exit 137", true),
                new EpochBegan(2, "c", "student-0", 8),
                new StudentBegan(2, 8, 20),
                new StudentLost("student-0", 8, "exit 137", true),
                new EpochBegan(3, "c", "student-0", 9),
                new StudentBegan(3, 9, 10));
        assertThat(log.lineage()).containsExactly(new Lineage(1, 0), new Lineage(3, 10));
        assertThat(log.committedStep()).isEqualTo(10);
        assertThat(log.fruitless()).isEqualTo(2);
        JobLog again = log.apply(new CheckpointCommitted(3, 9, 20, "c"));
        assertThat(again.fruitless()).as("step 20 was there before").isEqualTo(2);
        assertThat(again.apply(new CheckpointCommitted(3, 9, 30, "d")).fruitless())
                .isZero();
    }

    @Test
    void aStudentThatParksIsNoneThatDied() {
        Ended parked = new Ended("j", 1, 7, new Outcome.Parked(12), null);
        JobLog log = after(new CheckpointCommitted(1, 7, 12, "a"));
        assertThat(JobRules.ended(log, parked, 0)).isEqualTo(Ruling.Happens.of(new StudentParked("student-0", 7, 12)));
        JobLog waits = log.apply(new StudentParked("student-0", 7, 12));
        assertThat(waits.student()).isNull();
        assertThat(waits.state()).isEqualTo(JobState.RUNNING);
        assertThat(waits.restarts()).isZero();
        assertThat(waits.fruitless()).isZero();
        assertThat(commit(waits, 1, 7)).isInstanceOf(Ruling.Refused.class);
        JobLog next = waits.apply(new EpochBegan(2, "d", "student-0", 8));
        assertThat(JobRules.begin(next, new Begin("j", 2, 8, 12, null)))
                .isEqualTo(Ruling.Happens.of(new StudentBegan(2, 8, 12)));
    }

    @Test
    void aStudentThatParksBecauseTheJobIsToStopEndsIt() {
        JobLog stopping = after(new StateChanged(JobState.STOPPING, ""));
        Ended parked = new Ended("j", 1, 7, new Outcome.Parked(12), null);
        JobLog ended = stopping.applyAll(((Ruling.Happens) JobRules.ended(stopping, parked, 0)).events());
        assertThat(ended.state()).isEqualTo(JobState.STOPPED);
        assertThat(ended.cause()).contains("step 12", "no model");
        JobLog parkedBefore = after(new StudentParked("student-0", 7, 12));
        assertThat(parkedBefore
                        .applyAll(((Ruling.Happens) JobRules.control(parkedBefore, Wish.STOP)).events())
                        .state())
                .isEqualTo(JobState.STOPPED);
    }

    @Test
    void askingTwiceIsAskingOnce() {
        assertThat(JobRules.begin(after(), new Begin("j", 1, 7, 0, null))).isEqualTo(new Ruling.Already());
        JobLog committed = after(new CheckpointCommitted(1, 7, 10, "sha"));
        assertThat(commit(committed, 1, 7)).isEqualTo(new Ruling.Already());
    }

    @Test
    void partsAreGivenInTheOrderOfNamesAndKeptUntilTheirRanksAreGone() {
        RankRegistry ranks = new RankRegistry(10);
        for (String name : List.of("t-3", "t-1", "t-2", "t-4", "t-5")) {
            hello(ranks, name, 1, RankRole.TEACHER);
        }
        hello(ranks, "s-0", 1, RankRole.STUDENT);
        Slots slots = Slots.empty(SPEC).refill(ranks);
        assertThat(slots.stages()).containsExactly("t-1", "t-2", "t-3", "t-4");
        assertThat(slots.student()).isEqualTo("s-0");
        ranks.gone("t-2", 1, new RankRegistry.Departure("killed", true));
        slots = slots.refill(ranks);
        assertThat(slots.stages()).containsExactly("t-1", "t-5", "t-3", "t-4");
        hello(ranks, "t-2", 2, RankRole.TEACHER);
        assertThat(slots.refill(ranks)).isEqualTo(slots);
        ranks.gone("t-1", 1, new RankRegistry.Departure("killed", true));
        ranks.gone("t-2", 2, new RankRegistry.Departure("killed", true));
        slots = slots.refill(ranks);
        assertThat(slots.stages()).isEqualTo(new ArrayList<>(java.util.Arrays.asList(null, "t-5", "t-3", "t-4")));
        assertThat(slots.missing()).isEqualTo(1);
        assertThat(slots.complete(ranks)).hasSize(1);
        assertThat(slots.complete(ranks).getFirst()).hasSize(2);
    }

    @Test
    void aProcessThatWasFollowedIsNotHeardAnyMore() {
        RankRegistry ranks = new RankRegistry(10);
        assertThat(hello(ranks, "s", 1, RankRole.STUDENT)).isEqualTo(RankRegistry.Greeting.CAME);
        assertThat(hello(ranks, "s", 2, RankRole.STUDENT)).isEqualTo(RankRegistry.Greeting.CAME);
        assertThat(hello(ranks, "s", 1, RankRole.STUDENT)).isEqualTo(RankRegistry.Greeting.UNHEARD);
        assertThat(ranks.find("s").incarnation()).isEqualTo(2);
        assertThat(ranks.silent(11)).hasSize(1);
        assertThat(hello(ranks, "s", 2, RankRole.STUDENT)).isEqualTo(RankRegistry.Greeting.CAME);
    }

    private static RankRegistry.Greeting hello(RankRegistry ranks, String name, long incarnation, RankRole role) {
        return ranks.hello(
                new Hello(
                        name,
                        incarnation,
                        role,
                        new RankStatus(name, RankStatus.State.READY, 0, 0),
                        TestInbox.<io.espalier.actors.protocol.HostProtocol.Command>create()
                                .getRef()),
                0);
    }
}
