package io.espalier.gpu.train;

import java.util.List;

/**
 * A teacher's answer about one batch, opaque to its carriers: the final hidden states in the memory of a device.
 * The receiver closes it, once, on every path; closing twice is harmless.
 */
public interface TeacherSignal extends AutoCloseable {
    /** Number of the batch it belongs to. */
    long sequence();

    /** Size of the signal in bytes. */
    long bytes();

    /**
     * Its tensors in the memory of the host, valid until the signal is closed: on a CPU the tensors' own memory, else a copy.
     * To be asked for on the thread of the rank that made the signal; the answer may be read, and the signal closed, by any.
     */
    List<SignalPart> parts();

    @Override
    void close();
}
