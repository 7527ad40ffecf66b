package io.espalier.gpu;

import java.util.function.Supplier;

/**
 * Errors that one piece of work brings upon itself, made failures of that work: memory that its input does not fit
 * into, nesting that is too deep, a mapped file that was cut off while it was read. The thread that runs the work goes
 * on.
 */
public final class Contained {
    private Contained() {}

    /**
     * Does the work on the calling thread.
     *
     * @param what that is read or computed, for the message
     * @throws Refused in the place of an error that the work has brought upon itself
     */
    public static <T> T call(Object what, Supplier<T> work) {
        try {
            return work.get();
        } catch (OutOfMemoryError | StackOverflowError | InternalError e) {
            throw refusal(what, e);
        }
    }

    /** Returns the refusal to throw in the place of an error that the work has brought upon itself. */
    public static Refused refusal(Object what, VirtualMachineError error) {
        return switch (error) {
            case OutOfMemoryError e ->
                new Refused(
                        Refused.Reason.TRY_AGAIN,
                        what + ": needs more memory than there is, with a heap of "
                                + (Runtime.getRuntime().maxMemory() >> 20) + " MiB: " + e.getMessage(),
                        e);
            case StackOverflowError e ->
                new Refused(Refused.Reason.VALIDATION, what + ": is nested too deeply to be read", e);
            default -> ofMappedFile(what, error);
        };
    }

    /** The file itself may have said what was done to it when it was closed. */
    private static Refused ofMappedFile(Object what, VirtualMachineError error) {
        for (Throwable suppressed : error.getSuppressed()) {
            if (suppressed instanceof Refused refused) {
                return refused;
            }
        }
        return new Refused(
                Refused.Reason.TRY_AGAIN,
                what + ": a file could not be read: it was cut off meanwhile, or its disk is full or fails",
                error);
    }
}
