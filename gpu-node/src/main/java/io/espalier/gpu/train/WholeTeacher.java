package io.espalier.gpu.train;

import io.espalier.gpu.Refused;

/** A teacher as the one stage of itself. Owns it. */
public final class WholeTeacher implements TeacherStage {
    private final Teacher teacher;

    public WholeTeacher(Teacher teacher) {
        this.teacher = teacher;
    }

    @Override
    public TeacherSignal forward(StageInput input) {
        return switch (input) {
            case StageInput.Ids ids -> teacher.forward(ids.batch());
            case StageInput.Residual residual ->
                throw Refused.invalid(
                        "batch " + residual.sequence(), "input", "a residual stream", "must be ids for the only stage");
            case StageInput.Collect _ -> throw notCalibrating();
        };
    }

    static Refused notCalibrating() {
        return new Refused(Refused.Reason.WRONG_STATE, "a teacher adds nothing up: it is not calibrating");
    }

    @Override
    public void close() {
        teacher.close();
    }
}
