package io.espalier.actors.rank;

import io.espalier.gpu.Refused;
import java.util.Arrays;
import java.util.Locale;

/** The meanings of a rank's exit status, beyond those that every command has. */
public enum RankExit {
    /** A native call has not returned in time. */
    HUNG(70),
    /** The node that started it is gone. */
    ORPHANED(71),
    /** The media driver has ended, or takes the process for dead. */
    TRANSPORT_LOST(72),
    /** An error that nobody could handle: no memory, say. */
    ERROR(73),
    /** The cluster has let it go. */
    DOWNED(Refused.Reason.TRY_AGAIN.exitCode());

    private static final int SIGNALLED = 128;

    private final int status;

    RankExit(int status) {
        this.status = status;
    }

    public int status() {
        return status;
    }

    /** Whether a process that ended so would end so again: it was asked for what cannot be. */
    static boolean isFinal(int status) {
        return Arrays.stream(Refused.Reason.values())
                .filter(reason -> reason != Refused.Reason.TRY_AGAIN)
                .anyMatch(reason -> reason.exitCode() == status);
    }

    /** The status in words. */
    static String describe(int status) {
        for (RankExit exit : values()) {
            if (exit.status == status) {
                return "exit status " + status + " (" + exit.name().toLowerCase(Locale.ROOT) + ")";
            }
        }
        return status > SIGNALLED ? "signal " + (status - SIGNALLED) : "exit status " + status;
    }
}
