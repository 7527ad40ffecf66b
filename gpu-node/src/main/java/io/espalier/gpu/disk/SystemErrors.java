package io.espalier.gpu.disk;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Error numbers in the system's words and the process's language. */
final class SystemErrors {
    private static final int LONGEST = 256;

    private SystemErrors() {}

    /** The text that {@code strerror} has for an error number; empty where there is no such function. */
    static String text(int number) {
        return Linker.nativeLinker()
                .defaultLookup()
                .find("strerror")
                .map(strerror -> text(strerror, number))
                .orElse("");
    }

    /** The text is the C library's own: nothing is freed, and nothing of it kept. */
    @SuppressWarnings("restricted")
    private static String text(MemorySegment strerror, int number) {
        FunctionDescriptor signature = FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.JAVA_INT);
        try {
            MemorySegment text = (MemorySegment)
                    Linker.nativeLinker().downcallHandle(strerror, signature).invokeExact(number);
            return text.reinterpret(LONGEST).getString(0);
        } catch (Throwable e) {
            throw new IllegalStateException("strerror cannot be called", e);
        }
    }
}
