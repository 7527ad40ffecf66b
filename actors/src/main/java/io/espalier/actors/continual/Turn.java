package io.espalier.actors.continual;

import io.espalier.actors.protocol.JobOrder;
import java.util.ArrayList;
import java.util.List;

/** The work to be done between two steps, as it is found out. */
final class Turn {
    final long step;
    /** Whether a checkpoint is to be taken. */
    boolean commit;
    /** The weights were gone back from: what the student is now is no candidate. */
    boolean wentBack;
    /** The student's scores on held-out text; null where none were asked for. */
    Judgement found;
    /** Null where the teacher stays. */
    JobOrder.SwapTeacher swap;

    /** Operations that are done when the checkpoint is committed, and what was done. */
    final List<Promise> promised = new ArrayList<>();

    /** An order's outcome that is not told yet. */
    record Promise(String operation, String what) {}

    Turn(long step, boolean commit) {
        this.step = step;
        this.commit = commit;
    }

    void promise(String operation, String what) {
        commit = true;
        promised.add(new Promise(operation, what));
    }
}
