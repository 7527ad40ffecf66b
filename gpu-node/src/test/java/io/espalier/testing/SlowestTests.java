package io.espalier.testing;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/** Prints the twenty slowest tests of a module's run, with the seconds that each took. */
public final class SlowestTests implements TestExecutionListener {
    private static final int SHOWN = 20;

    private final Map<String, Long> beganNanos = new ConcurrentHashMap<>();
    private final Map<String, Long> tookNanos = new ConcurrentHashMap<>();

    @Override
    public void executionStarted(TestIdentifier test) {
        if (test.isTest()) {
            beganNanos.put(test.getUniqueId(), System.nanoTime());
        }
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
        Long began = beganNanos.remove(test.getUniqueId());
        if (began != null) {
            tookNanos.merge(name(test), System.nanoTime() - began, Long::sum);
        }
    }

    private static String name(TestIdentifier test) {
        return test.getSource()
                .filter(MethodSource.class::isInstance)
                .map(MethodSource.class::cast)
                .map(source -> source.getClassName().replaceAll(".*\\.", "") + "." + source.getMethodName())
                .orElse(test.getDisplayName());
    }

    @Override
    public void testPlanExecutionFinished(TestPlan plan) {
        List<Map.Entry<String, Long>> slowest = tookNanos.entrySet().stream()
                .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder()))
                .limit(SHOWN)
                .toList();
        if (slowest.size() > 1) {
            System.out.println("The slowest tests of this module, in seconds:");
            slowest.forEach(
                    test -> System.out.printf(Locale.ROOT, "%8.1f  %s%n", test.getValue() / 1e9, test.getKey()));
        }
    }
}
