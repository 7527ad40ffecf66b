package io.espalier.actors.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.gpu.eval.Scores;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The verdict is a judge, not a cheerleader: each rule, broken alone, fails it. */
class VerdictTest {
    private static Result result(double loss, double kl) {
        return new Result("m", Path.of("m"), 1, new Scores(1000, 1000 * loss, 1000 * kl, 0, 0, 0, 0), 1);
    }

    private static Verdict verdict(double teacherLoss, double pruned, double crossEntropy, double distilled) {
        Verdict.Shape shape =
                new Verdict.Shape("depth", result(1, pruned), result(1, crossEntropy), result(1, distilled));
        return Verdict.of(result(teacherLoss, 0), 4.0, List.of(shape));
    }

    @Test
    void passesWhereAllHolds() {
        assertThat(verdict(3.0, 0.4, 0.3, 0.2).passed()).isTrue();
    }

    @Test
    void failsATeacherThatHasNotLearnt() {
        assertThat(verdict(3.1, 0.4, 0.3, 0.2).failures())
                .singleElement()
                .asString()
                .contains("unigram");
    }

    @Test
    void failsAStudentThatStayedFarFromItsTeacher() {
        assertThat(verdict(2.0, 0.4, 0.3, 0.21).failures())
                .singleElement()
                .asString()
                .contains("half the pruned KL");
    }

    @Test
    void failsAStudentThatTheTextAloneBroughtNearer() {
        assertThat(verdict(2.0, 0.4, 0.15, 0.2).failures())
                .singleElement()
                .asString()
                .contains("cross entropy alone");
    }
}
