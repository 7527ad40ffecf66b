package io.espalier.gpu.train;

/**
 * What a teacher says of one batch, opaque to whoever carries it: the final hidden states in the memory of a device.
 * The receiver closes it, once, on every path; closing twice is harmless.
 */
public interface TeacherSignal extends AutoCloseable {
    /** Number of the batch it belongs to. */
    long sequence();

    /** Size of the signal in bytes. */
    long bytes();

    @Override
    void close();
}
