package io.espalier.actors.http;

import com.sun.management.UnixOperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The file descriptors that are left: connections must not take the last of them, which the daemon's own files need, and an
 * accept that fails for want of one fails again and again.
 */
final class Descriptors {
    private static final Logger LOG = LoggerFactory.getLogger(Descriptors.class);
    /** Kept for files, of which a checkpoint opens a few at once. */
    private static final long KEPT = 8;
    /** The number of descriptors that a daemon has open beside its connections, about. */
    private static final long OWN = 140;

    private static final long TOLD_EVERY_NANOS = 60_000_000_000L;

    private final LongSupplier left;
    private final LongSupplier nanoTime;
    private long toldAt;
    private boolean told;

    /** @param left descriptors that may still be opened */
    Descriptors(LongSupplier left, LongSupplier nanoTime) {
        this.left = left;
        this.nanoTime = nanoTime;
    }

    /** Those of this process. */
    static Descriptors ofThisProcess() {
        return new Descriptors(
                () -> ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system
                        ? system.getMaxFileDescriptorCount() - system.getOpenFileDescriptorCount()
                        : Long.MAX_VALUE,
                System::nanoTime);
    }

    /** Says once where the limit is too low for the settings. */
    void compare(int connections) {
        if (left.getAsLong() < connections + KEPT) {
            LOG.warn(
                    "[{}] file descriptors are left, and espalier.http.limits.connections is [{}]: raise the limit"
                            + " (ulimit -n) to [{}] or more",
                    left.getAsLong(),
                    connections,
                    connections + OWN + KEPT);
        }
    }

    /** Whether enough descriptors are left for one more connection; warns, now and then, where they are not. */
    boolean suffice() {
        if (left.getAsLong() > KEPT) {
            return true;
        }
        long now = nanoTime.getAsLong();
        if (!told || now - toldAt > TOLD_EVERY_NANOS) {
            told = true;
            toldAt = now;
            LOG.warn("no connections are taken while fewer than [{}] file descriptors are left (ulimit -n)", KEPT);
        }
        return false;
    }
}
