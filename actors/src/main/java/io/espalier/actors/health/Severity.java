package io.espalier.actors.health;

import java.util.Locale;

/** The care that an event or an alert asks for. */
public enum Severity {
    INFO,
    WARNING,
    ERROR;

    String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
