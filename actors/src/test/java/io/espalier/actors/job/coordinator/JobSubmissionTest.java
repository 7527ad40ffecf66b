package io.espalier.actors.job.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.espalier.actors.job.journal.JobEvent;
import io.espalier.actors.protocol.CoordinatorProtocol.ListJobs;
import io.espalier.actors.protocol.CoordinatorProtocol.Submit;
import io.espalier.actors.protocol.CoordinatorProtocol.Wish;
import io.espalier.actors.protocol.DescribedJobs;
import io.espalier.actors.protocol.JobList;
import io.espalier.actors.protocol.JobSpec;
import io.espalier.actors.protocol.JobState;
import io.espalier.testing.CleanLog;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

/** Jobs are taken on one at a time, whoever asks at once; what they say is kept, and not told. */
@Timeout(60)
class JobSubmissionTest extends CoordinatorRig {
    private static JobSpec writing(String id, String out, String source) {
        String live = "{\"sources\":{\"" + source + "\":{\"kind\":\"http\",\"secret\":\"canary\"}}}";
        return new JobSpec(id, DescribedJobs.continual(live, out), Path.of("/runs"), 0, 1);
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
        // A command that ran in this process before may have silenced the coordinator.
        Logger coordinators = (Logger)
                LoggerFactory.getLogger(JobSubmissionTest.class.getPackage().getName());
        root.addAppender(lines);
        Level before = root.getLevel();
        Level silenced = coordinators.getLevel();
        root.setLevel(Level.DEBUG);
        coordinators.setLevel(Level.DEBUG);
        try {
            submit(writing("quiet", "out-quiet", "quiet"));
        } finally {
            coordinators.setLevel(silenced);
            root.setLevel(before);
            root.detachAppender(lines);
        }
        assertThat(journal.events("quiet").getFirst())
                .isInstanceOfSatisfying(
                        JobEvent.JobSubmitted.class,
                        event -> assertThat(event.job().job().toString()).contains("canary"));
        assertThat(lines.list)
                .extracting(ILoggingEvent::getFormattedMessage)
                .anyMatch(line -> line.contains("quiet"))
                .noneMatch(line -> line.contains("canary"));
    }

    @Test
    void listsWhatHasNotEndedAndTheNewestOfTheRest() {
        for (String job : List.of("a", "b", "c")) {
            submit(job(job, 0, 1));
            control(job, Wish.DRAIN);
        }
        submit(job("d", 0, 1));
        TestProbe<JobList> answer = kit.createTestProbe();
        coordinator.tell(new ListJobs(1, answer.ref()));
        JobList list = answer.receiveMessage(Duration.ofSeconds(10));
        assertThat(list.jobs()).extracting(entry -> entry.job().id()).containsExactly("c", "d");
        assertThat(list.jobs())
                .extracting(entry -> entry.view().state())
                .containsExactly(JobState.STOPPED, JobState.STARTING);
        assertThat(list.total()).isEqualTo(4);
    }
}
