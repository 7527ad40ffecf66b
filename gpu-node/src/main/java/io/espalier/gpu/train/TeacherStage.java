package io.espalier.gpu.train;

/** Some layers of a teacher in a row, on one device, used by one thread; stage 0 of 1 is a whole teacher. */
public interface TeacherStage extends AutoCloseable {
    /**
     * Runs its layers; the caller owns the answer, and keeps the input open until that is closed. The parts of the answer are
     * what the next stage takes; those of the last stage are what the teacher says.
     *
     * @throws io.espalier.gpu.Refused where the input is not what this stage takes
     */
    TeacherSignal forward(StageInput input);

    /** Frees all native memory, once no answer is open; idempotent. */
    @Override
    void close();
}
