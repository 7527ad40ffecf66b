package io.espalier.actors.fault;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/** Runs one test in a process of its own, which ends with what became of it; a failure is printed. */
final class OneTest {
    static final int GREEN = 0;
    static final int RED = 1;
    static final int ABSENT = 2;

    private OneTest() {}

    /** Takes the name of a class and of a method of it. */
    public static void main(String[] arguments) {
        LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
                .selectors(selectMethod(arguments[0], arguments[1]))
                .build();
        SummaryGeneratingListener listener = new SummaryGeneratingListener();
        LauncherFactory.create().execute(request, listener);
        TestExecutionSummary summary = listener.getSummary();
        summary.getFailures().forEach(failure -> failure.getException().printStackTrace());
        if (summary.getTotalFailureCount() > 0) {
            System.exit(RED);
        }
        System.exit(summary.getTestsSucceededCount() == 1 ? GREEN : ABSENT);
    }
}
