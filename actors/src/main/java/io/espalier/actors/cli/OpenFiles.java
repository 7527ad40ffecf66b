package io.espalier.actors.cli;

import com.sun.management.UnixOperatingSystemMXBean;
import io.espalier.gpu.Refused;
import java.lang.management.ManagementFactory;

/** The files that this process may have open at once: with too few it does not come up, or hangs while it does. */
final class OpenFiles {
    /** Those of the class path, and what a daemon opens before its first connection. */
    private static final long LEAST = 152;

    private OpenFiles() {}

    static long most() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system
                ? system.getMaxFileDescriptorCount()
                : Long.MAX_VALUE;
    }

    static void require(long most) {
        if (most < LEAST) {
            throw new Refused(
                    Refused.Reason.BAD_CONFIGURATION,
                    "the limit of open files is [" + most + "]: must be " + LEAST + " or more (ulimit -n)");
        }
    }
}
