package io.espalier.actors.job;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** A run that holds itself is not let go by being told again that it is not paused. */
class GateTest {
    private final Gate gate = new Gate();

    @Test
    void waitsWhileItIsClosed() {
        gate.close();
        var waiting = gate.whenOpen().toCompletableFuture();
        assertThat(waiting).isNotDone();
        gate.open();
        assertThat(waiting).isCompletedWithValue(true);
        assertThat(gate.isOpen()).isTrue();
    }

    @Test
    void whatTheRunHoldsOnlyAPauseAndItsEndLetGo() {
        gate.hold();
        gate.open();
        gate.open();
        assertThat(gate.isOpen()).isFalse();
        gate.close();
        assertThat(gate.isOpen()).isFalse();
        gate.open();
        assertThat(gate.isOpen()).isTrue();
    }

    @Test
    void lettingGoDoesNotOpenWhatIsPaused() {
        gate.hold();
        gate.close();
        gate.letGo();
        assertThat(gate.isOpen()).isFalse();
        gate.open();
        assertThat(gate.whenOpen().toCompletableFuture()).isCompletedWithValue(true);
    }

    @Test
    void afterTheEndNoneIsLetThrough() {
        gate.close();
        var waiting = gate.whenOpen().toCompletableFuture();
        gate.end();
        assertThat(waiting).isCompletedWithValue(false);
        gate.close();
        gate.open();
        assertThat(gate.whenOpen().toCompletableFuture()).isCompletedWithValue(false);
    }
}
