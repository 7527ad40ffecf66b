package io.espalier.actors.health;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;

/** The pace of late at which something counts up: a job's steps, or its checkpoints. Not thread-safe. */
final class Pace {
    private static final int REMEMBERED = 32;

    private final Deque<Double> secondsEach = new ArrayDeque<>();
    private long value = -1;
    private Instant changed;
    /** The time since which it could have counted up. */
    private Instant begun;

    void see(long now, Instant time) {
        if (now == value) {
            return;
        }
        if (changed != null && now > value) {
            secondsEach.addLast(seconds(time) / (now - value));
            if (secondsEach.size() > REMEMBERED) {
                secondsEach.removeFirst();
            }
        }
        value = now;
        changed = time;
        begun = time;
    }

    /** It is not to count up now, and until the next look: that time is no part of its pace. */
    void rest(Instant time) {
        if (changed != null) {
            begun = time;
        }
    }

    /** The seconds for which it could have counted up and has not; 0 where it has never been seen. */
    double seconds(Instant now) {
        return seconds(begun, now);
    }

    /** The seconds since it last counted up, rest included; NaN where it has never been seen. */
    double age(Instant now) {
        return changed == null ? Double.NaN : seconds(changed, now);
    }

    private static double seconds(Instant from, Instant now) {
        return from == null ? 0 : Math.max(0, Duration.between(from, now).toMillis() / 1e3);
    }

    /** The time at which it last counted up; null where it has never been seen. */
    Instant changed() {
        return changed;
    }

    /** Median of the seconds from one to the next; NaN before there were two. */
    double usual() {
        return secondsEach.isEmpty()
                ? Double.NaN
                : secondsEach.stream().sorted().toList().get(secondsEach.size() / 2);
    }

    /** The counts per second, by the median. */
    double rate() {
        double usual = usual();
        return usual > 0 ? 1 / usual : Double.NaN;
    }
}
