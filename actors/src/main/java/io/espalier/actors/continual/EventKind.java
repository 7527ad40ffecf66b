package io.espalier.actors.continual;

import java.util.Locale;

/** The kinds of events in the life of a run on live text. */
public enum EventKind {
    STARTED(Severity.INFO),
    CHECKPOINT(Severity.INFO),
    DRIFT(Severity.WARNING),
    CANDIDATE_KEPT(Severity.INFO),
    PUBLISHED(Severity.INFO),
    COLLAPSE(Severity.ERROR),
    ROLLED_BACK(Severity.WARNING),
    DEAD_LETTERS(Severity.WARNING),
    PAUSED_BY_DEAD_LETTERS(Severity.ERROR),
    LEARNING_RATE(Severity.INFO),
    REPLAY_SHARE(Severity.INFO),
    TEACHER_SWAPPED(Severity.INFO),
    SOURCE_ERROR(Severity.WARNING),
    ORDER_DONE(Severity.INFO),
    ORDER_FAILED(Severity.WARNING),
    PARKED(Severity.INFO),
    ENDED(Severity.INFO);

    /** The care that an event asks of an operator. */
    public enum Severity {
        INFO,
        WARNING,
        ERROR
    }

    private final Severity severity;

    EventKind(Severity severity) {
        this.severity = severity;
    }

    public Severity severity() {
        return severity;
    }

    /** The name of the kind in {@code events.jsonl}. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
