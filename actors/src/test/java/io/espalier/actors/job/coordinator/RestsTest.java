package io.espalier.actors.job.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class RestsTest {
    private final Rests rests = new Rests(Duration.ofSeconds(1), Duration.ofSeconds(3));

    @Test
    void restsGrowUpToTheLongest() {
        assertThat(seconds(true)).isEqualTo(1);
        assertThat(seconds(true)).isEqualTo(2);
        assertThat(seconds(true)).isEqualTo(3);
        assertThat(seconds(true)).isEqualTo(3);
    }

    @Test
    void theFirstLossOfAStudentIsFollowedAtOnce() {
        assertThat(seconds(false)).isZero();
        assertThat(seconds(false)).isEqualTo(1);
        assertThat(seconds(false)).isEqualTo(2);
    }

    @Test
    void anOperatorCanCutARestShort() {
        rests.begin("j", true, 0);
        assertThat(rests.isResting("j", 10)).isTrue();
        rests.cutShort("j", 10);
        assertThat(rests.isResting("j", 10)).isFalse();
        rests.begin("j", true, 10);
        assertThat(rests.isResting("j", 1_500_000_000L))
                .as("and the next is longer")
                .isTrue();
    }

    @Test
    void aCheckpointMakesGoodWhatWasBefore() {
        seconds(true);
        seconds(true);
        rests.forget("j");
        assertThat(seconds(true)).isEqualTo(1);
    }

    @Test
    void aClockThatIsAboutToOverflowDoesNotEndARest() {
        rests.begin("j", true, Long.MAX_VALUE - 5);
        assertThat(rests.isResting("j", Long.MAX_VALUE)).isTrue();
        assertThat(rests.isResting("j", Long.MAX_VALUE + 2_000_000_000L)).isFalse();
    }

    /** The length, in seconds, of a rest that begins now. */
    private long seconds(boolean waits) {
        rests.begin("j", waits, 0);
        long seconds = 0;
        while (rests.isResting("j", seconds * 1_000_000_000L)) {
            seconds++;
        }
        return seconds;
    }
}
