package io.espalier.gpu;

/**
 * Whether this process is a test's: {@code -Despalier.test-mode=true}. Only such a process may have a {@link FaultPoint} armed, a
 * {@link Safeguard} off, or packets lost on purpose. Every other process is in production.
 */
public final class TestMode {
    /** The system property; only {@code true} says so. */
    public static final String PROPERTY = "espalier.test-mode";

    private TestMode() {}

    /** Whether this process is a test's. */
    public static boolean on() {
        return Boolean.getBoolean(PROPERTY);
    }
}
