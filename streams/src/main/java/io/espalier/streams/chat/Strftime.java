package io.espalier.streams.chat;

import java.time.ZonedDateTime;
import java.time.format.TextStyle;
import java.time.temporal.ChronoField;
import java.time.temporal.IsoFields;
import java.util.Locale;

/** Dates as C's strftime writes them in English. */
final class Strftime {
    private Strftime() {}

    static String format(String format, ZonedDateTime time) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < format.length(); i++) {
            char c = format.charAt(i);
            if (c != '%') {
                out.append(c);
                continue;
            }
            boolean plain = format.startsWith("-", i + 1);
            i += plain ? 2 : 1;
            if (i >= format.length()) {
                throw new TemplateException("strftime_now's format ends in '%'");
            }
            String field = field(format.charAt(i), time);
            out.append(plain ? withoutZeros(field) : field);
        }
        return out.toString();
    }

    /** Drops leading zeros and blanks, as glibc does for {@code %-d}. */
    private static String withoutZeros(String field) {
        int from = 0;
        while (from < field.length() - 1 && (field.charAt(from) == '0' || field.charAt(from) == ' ')) {
            from++;
        }
        return field.substring(from);
    }

    private static String field(char directive, ZonedDateTime time) {
        return switch (directive) {
            case '%' -> "%";
            case 'n' -> "\n";
            case 't' -> "\t";
            case 'a' -> time.getDayOfWeek().getDisplayName(TextStyle.SHORT, Locale.ENGLISH);
            case 'A' -> time.getDayOfWeek().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
            case 'b', 'h' -> time.getMonth().getDisplayName(TextStyle.SHORT, Locale.ENGLISH);
            case 'B' -> time.getMonth().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
            case 'w' -> String.valueOf(time.getDayOfWeek().getValue() % 7);
            case 'u' -> String.valueOf(time.getDayOfWeek().getValue());
            case 'e' -> String.format(Locale.ROOT, "%2d", time.getDayOfMonth());
            case 'C' -> number(time.getYear() / 100, 2);
            case 'Y' -> String.valueOf(time.getYear());
            case 'G' -> String.valueOf(time.get(IsoFields.WEEK_BASED_YEAR));
            case 'V' -> number(time.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR), 2);
            case 'U' -> week(time, time.getDayOfWeek().getValue() % 7);
            case 'W' -> week(time, time.getDayOfWeek().getValue() - 1);
            case 's' -> String.valueOf(time.toEpochSecond());
            case 'c' -> format("%a %b %e %H:%M:%S %Y", time);
            case 'x', 'D' -> format("%m/%d/%y", time);
            case 'X', 'T' -> format("%H:%M:%S", time);
            case 'F' -> format("%Y-%m-%d", time);
            case 'R' -> format("%H:%M", time);
            case 'r' -> format("%I:%M:%S %p", time);
            // Python's datetime.now() has no zone.
            case 'z', 'Z' -> "";
            default -> byPattern(directive, time);
        };
    }

    private static String byPattern(char directive, ZonedDateTime time) {
        return switch (directive) {
            case 'd' -> number(time.getDayOfMonth(), 2);
            case 'm' -> number(time.getMonthValue(), 2);
            case 'y' -> number(time.getYear() % 100, 2);
            case 'H' -> number(time.getHour(), 2);
            case 'I' -> number(time.get(ChronoField.CLOCK_HOUR_OF_AMPM), 2);
            case 'p' -> time.getHour() < 12 ? "AM" : "PM";
            case 'M' -> number(time.getMinute(), 2);
            case 'S' -> number(time.getSecond(), 2);
            case 'f' -> number(time.getNano() / 1000, 6);
            case 'j' -> number(time.getDayOfYear(), 3);
            default -> throw new TemplateException("'%" + directive + "' of strftime_now is not supported");
        };
    }

    /** Weeks of the year, the days before its first one in week 0. */
    private static String week(ZonedDateTime time, int daysIntoWeek) {
        return number((time.getDayOfYear() + 6 - daysIntoWeek) / 7, 2);
    }

    private static String number(int value, int digits) {
        return String.format(Locale.ROOT, "%0" + digits + "d", value);
    }
}
