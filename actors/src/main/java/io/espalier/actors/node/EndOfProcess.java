package io.espalier.actors.node;

import io.espalier.actors.rank.RankExit;
import java.util.Arrays;
import java.util.Map;

/** Tells shutdown hooks why this process ends: by an operator's signal, or by an error that nobody has caught. */
public final class EndOfProcess {
    private EndOfProcess() {}

    /** Whether a signal, rather than a thread of its own, has asked the process to end. A shutdown hook asks it. */
    public static boolean isAskedFor() {
        return Thread.getAllStackTraces().entrySet().stream().noneMatch(EndOfProcess::isExiting);
    }

    /** A thread that ends the process waits in the virtual machine's shutdown, on whose thread signals come, too. */
    private static boolean isExiting(Map.Entry<Thread, StackTraceElement[]> thread) {
        return !thread.getKey().getName().endsWith(" handler")
                && Arrays.stream(thread.getValue())
                        .anyMatch(frame -> frame.getClassName().equals("java.lang.Shutdown"));
    }

    /** Ends the process at once with the status that says so: nothing that is done after such an error can be trusted. */
    public static void haltAfterError() {
        System.err.println("espalier: an error that nobody could handle ends the process; see above");
        Runtime.getRuntime().halt(RankExit.ERROR.status());
    }
}
