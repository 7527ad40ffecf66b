package io.espalier.actors.continual;

import io.espalier.streams.drift.DriftDetector;
import io.espalier.streams.drift.DriftDetector.Drift;
import java.util.Locale;

/**
 * Tells a stream whose text changes from a student that does not keep up: the teacher's loss sees the text alone, the
 * student's KL both. The logarithm of the KL is watched: a KL that doubles matters whatever its size. Belongs to the
 * run's actor.
 */
final class DriftWatch {
    /** The least KL that is told apart, nats: below it a student is as good as its teacher. */
    private static final double FLOOR = 1e-4;

    private final DriftDetector teacherLoss;
    private final DriftDetector studentKl;
    private final int together;
    private final EventLog events;

    private Reading teacher = new Reading(Double.NaN, 0);
    private Reading student = new Reading(Double.NaN, 0);

    private long inputTold = Long.MIN_VALUE / 2;
    private long lagTold = Long.MIN_VALUE / 2;
    /** A rise of the student's KL that waits to be explained by a change of the text; null for none. */
    private Drift unexplained;

    private long unexplainedSince;

    /**
     * The state of a detector as people read it.
     *
     * @param mean since the last change, nats per target
     * @param alarms that were told
     */
    record Reading(double mean, long alarms) {
        private Reading alarmed() {
            return new Reading(mean, alarms + 1);
        }

        private Reading at(double newMean) {
            return new Reading(newMean, alarms);
        }
    }

    DriftWatch(DriftSettings settings, EventLog events) {
        this.teacherLoss = settings.detector().get();
        this.studentKl = settings.detector().get();
        this.together = settings.together();
        this.events = events;
    }

    /** Takes in a step: means over its targets, nats. */
    void accept(long step, double loss, double kl) {
        if (!Double.isFinite(loss) || !Double.isFinite(kl)) {
            return;
        }
        teacherLoss.add(loss).filter(_ -> step - inputTold > together).ifPresent(drift -> onInput(step, drift));
        // A KL that falls is what learning is for.
        studentKl
                .add(Math.log(Math.max(FLOOR, kl)))
                .filter(Drift::up)
                .filter(_ -> step - lagTold > together)
                .ifPresent(drift -> {
                    if (unexplained == null) {
                        unexplained = new Drift(Math.exp(drift.before()), Math.exp(drift.after()));
                        unexplainedSince = step;
                    }
                });
        explain(step);
        teacher = teacher.at(teacherLoss.mean());
        student = student.at(Math.exp(studentKl.mean()));
    }

    private void onInput(long step, Drift drift) {
        inputTold = step;
        teacher = teacher.alarmed();
        tell(step, "teacher_loss", "input", drift, "other text comes: the teacher's loss on it went from %.3f to %.3f");
    }

    private void explain(long step) {
        if (unexplained == null) {
            return;
        }
        boolean input = unexplainedSince - inputTold <= together;
        if (input) {
            tellLag(step, "input", "the student does not know the text that comes now: its KL went from %.3f to %.3f");
        } else if (step - unexplainedSince >= together) {
            tellLag(
                    step,
                    "student",
                    "the student falls behind on text of the same kind: its KL went from %.3f to %.3f");
        }
    }

    private void tellLag(long step, String cause, String message) {
        Drift drift = unexplained;
        unexplained = null;
        lagTold = step;
        student = student.alarmed();
        tell(step, "student_kl", cause, drift, message);
    }

    private void tell(long step, String signal, String cause, Drift drift, String message) {
        events.add(
                EventKind.DRIFT,
                step,
                String.format(Locale.ROOT, message, drift.before(), drift.after()),
                line -> line.put("signal", signal)
                        .put("cause", cause)
                        .put("before", drift.before())
                        .put("after", drift.after()));
    }

    Reading teacherLoss() {
        return teacher;
    }

    Reading studentKl() {
        return student;
    }
}
