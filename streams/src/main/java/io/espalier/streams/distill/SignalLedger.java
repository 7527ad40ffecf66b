package io.espalier.streams.distill;

import io.espalier.gpu.train.TeacherSignal;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;

/**
 * The signals that a teacher has given and no student has taken. Whoever ends the stream frees them; what arrives after
 * the end is freed on arrival. Thread-safe: signals arrive on the teacher's thread.
 */
final class SignalLedger {
    private final Set<TeacherSignal> waiting = Collections.newSetFromMap(new IdentityHashMap<>());
    private boolean ended;

    synchronized TeacherSignal arrived(TeacherSignal signal) {
        if (ended) {
            signal.close();
        } else {
            waiting.add(signal);
        }
        return signal;
    }

    /** Whether the signal is now the caller's to use and close; false after the end. */
    synchronized boolean take(TeacherSignal signal) {
        return waiting.remove(signal);
    }

    synchronized void end() {
        ended = true;
        waiting.forEach(TeacherSignal::close);
        waiting.clear();
    }
}
