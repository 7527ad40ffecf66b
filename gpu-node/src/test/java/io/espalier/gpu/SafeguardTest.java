package io.espalier.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.gpu.Refused.Reason;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Nothing that is there for tests is possible in any other process, and a safeguard that is misspelt is no safeguard off. */
@Timeout(20)
class SafeguardTest {
    private static void refused(ThrowingCallable check, String message) {
        assertThatThrownBy(check)
                .isInstanceOfSatisfying(
                        Refused.class, e -> assertThat(e.reason()).isEqualTo(Reason.BAD_CONFIGURATION))
                .hasMessageContaining(message);
    }

    @Test
    void allAreOnUnlessATestSaysOtherwise() {
        assertThat(Safeguard.values()).allMatch(Safeguard::on);
        assertThatCode(Safeguard::requireNoneOff).doesNotThrowAnyException();
    }

    @Test
    void aTestMaySwitchThemOff() {
        assertThatCode(() -> Safeguard.check(true, "frame-crc,duplicate-check", "STEP_TAKEN:1"))
                .doesNotThrowAnyException();
    }

    @Test
    void aProcessThatIsNoTestsIsInProductionWhichRefusesWhatIsForTests() {
        assertThatCode(() -> Safeguard.check(false, null, null)).doesNotThrowAnyException();
        refused(() -> Safeguard.check(false, "epoch-fencing", null), "espalier.unsafe.without is epoch-fencing");
        refused(() -> Safeguard.check(false, null, "STEP_TAKEN:1"), "espalier.fault is STEP_TAKEN:1");
    }

    @Test
    void whatIsNotKnownIsRefused() {
        refused(
                () -> Safeguard.check(true, "frame-crc,frames", null),
                "without is frames: must be among epoch-fencing");
        refused(() -> Safeguard.check(false, "frames", null), "without is frames: must be among epoch-fencing");
    }
}
