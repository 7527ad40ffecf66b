package io.espalier.actors.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Rows under named columns, for a terminal or for Markdown: columns of numbers read right, others left. */
public final class Table {
    private static final Pattern NUMERIC = Pattern.compile("-|[-+]?[\\d.,]+(e[-+]\\d+)?( %)?");

    private final List<String> columns;
    private final List<List<String>> rows = new ArrayList<>();

    public Table(String... columns) {
        this.columns = List.of(columns);
    }

    public Table row(String... cells) {
        if (cells.length != columns.size()) {
            throw new IllegalArgumentException(cells.length + " cells for " + columns);
        }
        rows.add(List.of(cells));
        return this;
    }

    /** A whole number with thousands separated. */
    public static String count(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }

    /** A number with fixed decimals; a dash where there is none. */
    public static String number(double value, int decimals) {
        return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, "%." + decimals + "f", value);
    }

    public String toText() {
        return lines("  ", "", false);
    }

    public String toMarkdown() {
        return lines(" | ", "| ", true);
    }

    private String lines(String between, String edge, boolean ruled) {
        int[] widths = IntStream.range(0, columns.size()).map(this::width).toArray();
        boolean[] right = new boolean[widths.length];
        for (int i = 0; i < right.length; i++) {
            right[i] = isNumeric(i);
        }
        StringBuilder text = new StringBuilder();
        text.append(line(columns, widths, right, between, edge));
        if (ruled) {
            text.append(IntStream.range(0, widths.length)
                    .mapToObj(i -> "-".repeat(widths[i] + 1) + (right[i] ? ":" : "-"))
                    .collect(Collectors.joining("|", "|", "|\n")));
        }
        rows.forEach(row -> text.append(line(row, widths, right, between, edge)));
        return text.toString().stripTrailing();
    }

    private boolean isNumeric(int column) {
        return rows.stream().allMatch(row -> NUMERIC.matcher(row.get(column)).matches());
    }

    private int width(int column) {
        int header = columns.get(column).length();
        return rows.stream().mapToInt(row -> row.get(column).length()).reduce(header, Math::max);
    }

    private static String line(List<String> cells, int[] widths, boolean[] right, String between, String edge) {
        String joined = IntStream.range(0, widths.length)
                .mapToObj(i -> {
                    String pad = " ".repeat(widths[i] - cells.get(i).length());
                    return right[i] ? pad + cells.get(i) : cells.get(i) + pad;
                })
                .collect(Collectors.joining(between));
        return (edge + joined + (edge.isEmpty() ? "" : " |")).stripTrailing() + "\n";
    }
}
