package io.espalier.gpu.train;

import io.espalier.gpu.batch.TokenBatch;

/** The teacher's face: a frozen model on one device, used by one thread. */
public interface Teacher extends AutoCloseable {
    /** Runs the trunk over the inputs of the batch; the caller owns the signal. */
    TeacherSignal forward(TokenBatch batch);

    /** Frees all native memory; idempotent. */
    @Override
    void close();
}
