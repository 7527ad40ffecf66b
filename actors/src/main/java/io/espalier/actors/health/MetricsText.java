package io.espalier.actors.health;

import java.util.Locale;

/** Prometheus' text format, version 0.0.4, family by family. Our names all begin with {@code espalier_}. */
final class MetricsText {
    private static final String PREFIX = "espalier_";

    private final StringBuilder text = new StringBuilder();
    private String family = "";

    /** Begins a family of the application's own. */
    MetricsText family(String name, String type, String help) {
        return standard(PREFIX + name, type, help);
    }

    /** Begins a family that every process has under that name. */
    MetricsText standard(String name, String type, String help) {
        family = name;
        text.append("# HELP ").append(name).append(' ').append(help).append('\n');
        text.append("# TYPE ").append(name).append(' ').append(type).append('\n');
        return this;
    }

    /** Adds a sample of a count. */
    MetricsText sample(long value, String... labels) {
        return sample((double) value, labels);
    }

    MetricsText sampleOf(String suffix, long value, String... labels) {
        return sampleOf(suffix, (double) value, labels);
    }

    /** A sample of the family; labels are names and values in turn. A value that is not a number is left out. */
    MetricsText sample(double value, String... labels) {
        return sampleOf("", value, labels);
    }

    /** Adds a sample of a part of the family: {@code _sum} or {@code _count}. */
    MetricsText sampleOf(String suffix, double value, String... labels) {
        if (Double.isNaN(value)) {
            return this;
        }
        text.append(family).append(suffix);
        for (int i = 0; i < labels.length; i += 2) {
            text.append(i == 0 ? '{' : ',').append(labels[i]).append("=\"");
            text.append(escape(labels[i + 1])).append('"');
        }
        text.append(labels.length > 0 ? "} " : " ").append(number(value)).append('\n');
        return this;
    }

    private static String number(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15
                ? Long.toString((long) value)
                : String.format(Locale.ROOT, "%s", value);
    }

    private static String escape(String value) {
        return value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
