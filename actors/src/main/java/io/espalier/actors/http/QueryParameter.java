package io.espalier.actors.http;

import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.function.Predicate;

/**
 * A parameter after the question mark; none has to be given.
 *
 * @param rule that a value breaks where it is not valid
 */
record QueryParameter(String name, Predicate<String> valid, String rule) {
    private static final String WORDS = "[A-Za-z0-9_.:/$ -]{1,200}";
    private static final String NAMES = "[A-Za-z0-9_.:-]{1,100}(,[A-Za-z0-9_.:-]{1,100}){0,63}";
    /** Digits of a number that surely fits a long. */
    private static final String NUMBER = "[0-9]{1,18}";

    static QueryParameter number(String name, long least, long most) {
        return new QueryParameter(
                name,
                text -> text.matches(NUMBER) && Long.parseLong(text) >= least && Long.parseLong(text) <= most,
                "must be a whole number from " + least + " to " + most);
    }

    static QueryParameter moment(String name) {
        return new QueryParameter(name, QueryParameter::isMoment, "must be a time as in 2026-01-31T12:00:00Z");
    }

    private static boolean isMoment(String text) {
        try {
            return !Instant.parse(text).equals(Instant.MIN);
        } catch (DateTimeParseException e) {
            return false;
        }
    }

    static QueryParameter words(String name) {
        return new QueryParameter(name, text -> text.matches(WORDS), "must match " + WORDS);
    }

    static QueryParameter names(String name) {
        return new QueryParameter(name, text -> text.matches(NAMES), "must be names with commas in between");
    }

    static QueryParameter oneOf(String name, List<String> values) {
        return new QueryParameter(name, values::contains, "must be one of " + values);
    }
}
