package io.espalier.actors.report;

import java.io.PrintStream;
import java.util.Locale;

/**
 * A bar on a terminal's last line, for work of over two seconds, and lines that scroll above it. The lines alone are
 * written where standard error is no terminal.
 */
public final class Progress implements AutoCloseable {
    private static final long PATIENCE_NANOS = 2_000_000_000L;
    private static final long REDRAW_NANOS = 200_000_000L;
    private static final int WIDTH = 30;
    private static final String CLEAR_LINE = "\r\033[K";

    private final PrintStream out = System.err;
    /** The launcher knows; the JVM sees only whether standard input and output are terminals. */
    private final boolean terminal = Boolean.getBoolean("espalier.terminal");

    private final String what;
    private final long total;
    private final long begun;
    private final long start = System.nanoTime();
    private long drawn = start + PATIENCE_NANOS - REDRAW_NANOS;
    private boolean visible;

    /** @param total units of work; 0 when unknown */
    public Progress(String what, long total) {
        this(what, total, 0);
    }

    /** @param begun units that were done before, and took none of the time */
    public Progress(String what, long total, long begun) {
        this.what = what;
        this.total = total;
        this.begun = begun;
    }

    /** Tells how much is done. */
    public void at(long done) {
        long now = System.nanoTime();
        if (terminal && now - drawn > REDRAW_NANOS) {
            drawn = now;
            visible = true;
            out.print(CLEAR_LINE + bar(done, (now - start) / 1e9));
            out.flush();
        }
    }

    private String bar(long done, double seconds) {
        if (total == 0) {
            return String.format(Locale.ROOT, "%s %,d  %s", what, done, Interval.duration(seconds));
        }
        int filled = (int) (WIDTH * Math.min(done, total) / total);
        double left = secondsLeft(done, seconds);
        return String.format(
                Locale.ROOT,
                "%s [%s%s] %,d/%,d  %s left",
                what,
                "=".repeat(filled),
                " ".repeat(WIDTH - filled),
                done,
                total,
                Interval.duration(left));
    }

    double secondsLeft(long done, double seconds) {
        return done <= begun ? 0 : seconds / (done - begun) * (total - done);
    }

    /** Writes a line above the bar. */
    public void line(String text) {
        clear();
        out.println(text);
    }

    private void clear() {
        if (visible) {
            out.print(CLEAR_LINE);
            visible = false;
        }
    }

    @Override
    public void close() {
        clear();
        out.flush();
    }
}
