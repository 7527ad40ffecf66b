package io.espalier.streams.chat;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;

/**
 * A rendering of a template: its clock, and the bounds on its work, by which a template can fill neither memory nor
 * time.
 */
final class Run {
    /** The run in which constants are worked out. */
    static final Run CONSTANT = new Run(Instant.EPOCH.atZone(ZoneOffset.UTC));

    /** The most that a template may write, or hold in one value, in characters or items. */
    static final int MAX_SIZE = 1 << 28;

    private static final long MAX_STEPS = 20_000_000;

    private final ZonedDateTime now;
    private long steps;

    Run(ZonedDateTime now) {
        this.now = now;
    }

    ZonedDateTime now() {
        return now;
    }

    /** Counts a statement, a call, or an item of a loop. */
    void step() {
        if (++steps > MAX_STEPS) {
            throw new TemplateException("does more than " + MAX_STEPS + " steps");
        }
    }

    /** Refuses a size beyond what a value may have. */
    static int size(long size) {
        if (size > MAX_SIZE) {
            throw new TemplateException("writes more than " + MAX_SIZE + " characters");
        }
        return (int) size;
    }
}
