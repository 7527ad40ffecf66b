package io.espalier.gpu;

/** A device or its engine failed (out of memory, a native error): a rank may recover from it by starting afresh. */
public final class DeviceFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public DeviceFailure(String message, Throwable cause) {
        super(message, cause);
    }
}
