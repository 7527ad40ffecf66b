package io.espalier.actors.health;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.typesafe.config.ConfigFactory;
import io.espalier.actors.protocol.DescribedJobs;
import io.espalier.actors.protocol.JobProgress;
import io.espalier.actors.protocol.JobSpec;
import io.espalier.actors.protocol.JobState;
import io.espalier.actors.protocol.JobView;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A job's clocks, by a clock of the test's: late is who could have gone on and has not. */
@Timeout(30)
class JobWatchTest {
    private static final Duration PAUSE = Duration.ofMinutes(15);

    @TempDir
    private Path state;

    private Instant now = Instant.parse("2026-01-01T00:00:00Z");
    private RunFixture run;
    private Timeline timeline;
    private JobWatch watch;

    @BeforeEach
    void twentyStepsAndFourCheckpoints() {
        HealthSettings settings = HealthSettings.of(ConfigFactory.empty());
        run = new RunFixture(state.resolve("run"));
        timeline = new Timeline(state, settings, Clock.systemUTC());
        watch = new JobWatch(job(JobState.STARTING, 0), settings, timeline);
        for (int step = 1; step <= 20; step++) {
            look(JobState.RUNNING, step);
        }
        run.interval(20, 2.5, now);
    }

    @AfterEach
    void close() {
        timeline.close();
    }

    private WatchedJob job(JobState jobState, long step) {
        JobSpec spec = new JobSpec("demo", DescribedJobs.continual("{}", "out"), state, 0, 1);
        JobProgress progress = new JobProgress(step, 0, 2.5, 1000, 0, 0);
        return new WatchedJob(
                spec, new JobView("demo", jobState, 3, step / 5 * 5, progress, List.of(), 0, "", 0), run.run());
    }

    /** A second later. */
    private void look(JobState jobState, long step) {
        now = now.plusSeconds(1);
        watch.look(job(jobState, step), now);
    }

    private JsonNode shown() {
        return watch.summary(now);
    }

    @Test
    void timeInWhichAJobIsPausedIsNobodysFault() {
        for (int second = 0; second < PAUSE.toSeconds(); second++) {
            look(JobState.PAUSED, 20);
        }
        assertThat(shown().path("steps_per_s").asDouble(-1)).isZero();
        assertThat(shown().path("tokens_per_s").asDouble(-1)).isZero();
        assertThat(shown().path("since_last_step_s").asDouble()).isEqualTo((double) PAUSE.toSeconds());
        look(JobState.RUNNING, 20);
        assertThat(watch.stepOverdue(now)).isFalse();
        assertThat(watch.checkpointOverdue(now)).isFalse();
        look(JobState.RUNNING, 21);
        assertThat(shown().path("steps_per_s").asDouble()).isEqualTo(1);
        assertThat(shown().path("tokens_per_s").asDouble()).isEqualTo(1000);
    }

    @Test
    void whoGoesOnAndMakesNoStepIsLateFromThenOn() {
        look(JobState.PAUSED, 20);
        for (int second = 0; second < PAUSE.toSeconds(); second++) {
            look(JobState.RUNNING, 20);
        }
        assertThat(watch.stepOverdue(now)).isTrue();
        assertThat(watch.checkpointOverdue(now)).isTrue();
        assertThat(watch.sinceLastStep(now)).isEqualTo((double) PAUSE.toSeconds());
    }

    @Test
    void anEndedJobHasNoPaceAndOneThatHasNotBegunHasNoneThatIsKnown() {
        look(JobState.FAILED, 20);
        assertThat(shown().path("steps_per_s").asDouble(-1)).isZero();
        JobWatch other = new JobWatch(job(JobState.STARTING, 0), HealthSettings.of(ConfigFactory.empty()), timeline);
        assertThat(other.summary(now).path("steps_per_s").isNull()).isTrue();
        assertThat(other.summary(now).path("since_last_step_s").isNull()).isTrue();
    }
}
