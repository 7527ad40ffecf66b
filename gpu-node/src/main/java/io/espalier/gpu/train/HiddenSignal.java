package io.espalier.gpu.train;

import ai.djl.ndarray.NDArray;
import io.espalier.gpu.model.Taps;
import io.espalier.gpu.torch.Scope;
import io.espalier.gpu.torch.Torch;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A teacher's final hidden states [N, C] on the device; owns the scope that they live in. It stays usable when its teacher
 * is closed: the teacher's memory goes with its last signal.
 */
final class HiddenSignal implements TeacherSignal {
    private final long sequence;
    private final Torch torch;
    private final SignalLayout layout;
    private final Scope scope;
    private final NDArray hidden;
    private final NDArray head;
    private final Map<Taps.Place, NDArray> states;
    private final Runnable release;
    private final AtomicBoolean open = new AtomicBoolean(true);
    /** Null until they are asked for. */
    private List<SignalPart> parts;

    HiddenSignal(
            long sequence,
            Torch torch,
            SignalLayout layout,
            Scope scope,
            NDArray hidden,
            NDArray head,
            Map<Taps.Place, NDArray> states,
            Runnable release) {
        this.sequence = sequence;
        this.torch = torch;
        this.layout = layout;
        this.scope = scope;
        this.hidden = hidden;
        this.head = head;
        this.states = states;
        this.release = release;
    }

    NDArray hidden() {
        return hidden;
    }

    /** The teacher's head [V, C], in the compute type; the teacher's own, not the signal's. */
    NDArray head() {
        return head;
    }

    /** States of inner layers that a feature loss compares, [N, C] each. */
    Map<Taps.Place, NDArray> states() {
        return states;
    }

    @Override
    public long sequence() {
        return sequence;
    }

    @Override
    public long bytes() {
        return layout.bytes(hidden.getShape().get(0));
    }

    @Override
    public List<SignalPart> parts() {
        if (parts == null) {
            List<SignalPart> all = new ArrayList<>();
            all.add(layout.part(torch, scope.manager(), layout.last(), hidden));
            all.addAll(layout.parts(torch, scope.manager(), layout.tapped(), states));
            parts = List.copyOf(all);
        }
        return parts;
    }

    @Override
    public void close() {
        if (open.compareAndSet(true, false)) {
            scope.close();
            release.run();
        }
    }
}
