package io.espalier.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ContainedTest {
    @Test
    void nestingThatIsTooDeepIsTheInputsFault() {
        assertThatThrownBy(() -> Contained.call("template", () -> deeper(0)))
                .isInstanceOfSatisfying(
                        Refused.class, e -> assertThat(e.reason()).isEqualTo(Refused.Reason.VALIDATION))
                .hasMessage("template: is nested too deeply to be read");
    }

    @SuppressWarnings("InfiniteRecursion") // that is what it is for
    private static int deeper(int depth) {
        return deeper(depth + 1) + 1;
    }

    @Test
    void memoryThatIsNotThereMayBeThereLater() {
        assertThatThrownBy(() -> Contained.call("a.txt", () -> new long[Integer.MAX_VALUE]))
                .isInstanceOfSatisfying(
                        Refused.class, e -> assertThat(e.reason()).isEqualTo(Refused.Reason.TRY_AGAIN))
                .hasMessageStartingWith("a.txt: needs more memory than there is, with a heap of ");
    }

    @Test
    void aMappedFileThatHasGoneSaysItselfWhatWasDoneToIt() {
        InternalError error = new InternalError("a fault occurred in an unsafe memory access operation");
        assertThat(Contained.refusal("the model", error)).hasMessageContaining("the model: a file could not be read");
        error.addSuppressed(Refused.invalid("m.safetensors", "content", "changed", "must stay"));
        assertThat(Contained.refusal("the model", error)).hasMessage("m.safetensors: content is changed: must stay");
    }

    @Test
    void whatWorksWorks() {
        assertThat(Contained.call("x", () -> 3)).isEqualTo(3);
        assertThatThrownBy(() -> Contained.call("x", () -> {
                    throw new IllegalStateException("as it was");
                }))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("as it was");
    }
}
