package io.espalier.gpu.train;

import ai.djl.ndarray.NDArray;
import io.espalier.gpu.torch.Scope;

/** A teacher's final hidden states [N, C] on the device; owns the scope that they live in. */
final class HiddenSignal implements TeacherSignal {
    private final long sequence;
    private final Scope scope;
    private final NDArray hidden;
    private final NDArray head;
    private final long bytes;

    HiddenSignal(long sequence, Scope scope, NDArray hidden, NDArray head, long bytes) {
        this.sequence = sequence;
        this.scope = scope;
        this.hidden = hidden;
        this.head = head;
        this.bytes = bytes;
    }

    NDArray hidden() {
        return hidden;
    }

    /** The teacher's head [V, C], in the compute type; the teacher's own, not the signal's. */
    NDArray head() {
        return head;
    }

    @Override
    public long sequence() {
        return sequence;
    }

    @Override
    public long bytes() {
        return bytes;
    }

    @Override
    public void close() {
        scope.close();
    }
}
