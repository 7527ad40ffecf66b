package io.espalier.actors.health;

import io.espalier.actors.http.Health;
import io.espalier.actors.http.Health.Check;
import io.espalier.actors.http.Health.Standing;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.pekko.actor.typed.ActorSystem;

/**
 * The answers to the questions of this process's supervisors. Only faults that a restart can cure make it not alive:
 * the dispatcher must answer, no threads may wait for each other, and the heap must have room. A disk that hangs, a
 * rank or a node elsewhere never makes this process look dead.
 */
final class Probes {
    private static final Duration PULSE_LIMIT = Duration.ofSeconds(20);
    private static final double HEAP_LIMIT = 0.98;
    /** A look at everything may take this many times its interval before it is called late. */
    private static final int LATE_LOOKS = 10;

    private final Clock clock;
    private final Duration refresh;
    private volatile Instant pulse;
    private volatile boolean deadlocked;
    private volatile double heap;
    private volatile Instant looked;
    private volatile boolean draining;

    Probes(Clock clock, Duration refresh) {
        this.clock = clock;
        this.refresh = refresh;
        this.pulse = clock.instant();
    }

    /** Asks the dispatcher for a sign of life; to be called now and then, by a thread that does nothing else. */
    void beat(ActorSystem<?> system) {
        system.executionContext().execute(() -> pulse = clock.instant());
        deadlocked = ManagementFactory.getThreadMXBean().findDeadlockedThreads() != null;
        heap = heapAfterCollection();
    }

    private static double heapAfterCollection() {
        long used = 0;
        for (var pool : ManagementFactory.getMemoryPoolMXBeans()) {
            MemoryUsage usage = pool.getCollectionUsage();
            used += usage == null ? 0 : usage.getUsed();
        }
        return (double) used / Runtime.getRuntime().maxMemory();
    }

    void looked(Instant time) {
        looked = time;
    }

    void draining() {
        draining = true;
    }

    Health health(boolean memberUp, List<Alert> alerts) {
        Instant now = clock.instant();
        List<Check> alive = List.of(
                check(
                        "dispatcher",
                        age(pulse, now) < seconds(PULSE_LIMIT),
                        "answers",
                        "does not answer",
                        age(pulse, now)),
                check("deadlock", !deadlocked, "no threads wait for each other", "threads wait for each other", 0),
                check("heap", heap < HEAP_LIMIT, percent("full after collection", heap), percent("full", heap), 0));
        Instant last = looked;
        double lookAge = last == null ? 0 : age(last, now);
        Check member = check("member", memberUp, "up", "not up yet", lookAge);
        List<Check> ready = new ArrayList<>();
        ready.add(member);
        ready.add(check("draining", !draining, "takes work", "is shutting down", 0));
        boolean fresh = last != null && lookAge < LATE_LOOKS * seconds(refresh);
        ready.add(check("snapshots", fresh, "fresh", "not looked at anything for a while", lookAge));
        for (Alert alert : alerts) {
            Standing standing = alert.hinders() ? Standing.FAILED : Standing.DEGRADED;
            ready.add(new Check(alert.code(), standing, alert.message(), lookAge));
        }
        return new Health(
                alive, ready, List.of(member, check("snapshots", last != null, "seen", "nothing seen yet", lookAge)));
    }

    private static Check check(String name, boolean good, String ifGood, String ifNot, double age) {
        return new Check(name, good ? Standing.OK : Standing.FAILED, good ? ifGood : ifNot, age);
    }

    private static String percent(String what, double share) {
        return String.format(Locale.ROOT, "%.0f %% %s", 100 * share, what);
    }

    private static double age(Instant then, Instant now) {
        return Math.max(0, Duration.between(then, now).toMillis() / 1e3);
    }

    private static double seconds(Duration duration) {
        return duration.toMillis() / 1e3;
    }
}
