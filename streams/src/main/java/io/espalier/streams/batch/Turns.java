package io.espalier.streams.batch;

import io.espalier.streams.chat.Template.Range;
import io.espalier.streams.chat.TemplateException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Finds what the assistant wrote in a conversation, by what its template writes for parts of it: a turn begins where the
 * prompt for it ends, and ends where it ends when it is the last. A template that writes turns differently when more
 * follows is asked with a mark in the turn's place.
 */
final class Turns {
    /** Stands for a turn's content: characters for private use, which no template looks for. */
    private static final String MARK = "\uE0F3\uE0F7\uE0F3";

    private static final String NEXT_MARK = "\uE0F5\uE0F9\uE0F5";

    /** Writes messages out, with the prompt for a next turn or without. */
    @FunctionalInterface
    interface Writing {
        String write(List<Map<String, Object>> messages, boolean prompt);
    }

    private final List<Map<String, Object>> messages;
    private final Writing writing;
    private final String whole;

    Turns(List<Map<String, Object>> messages, Writing writing, String whole) {
        this.messages = messages;
        this.writing = writing;
        this.whole = whole;
    }

    /** The range of a message's turn in the whole text; empty where the template's text does not tell. */
    Optional<Range> find(int message) {
        Sides sides = new Sides(message);
        int from = sides.start();
        int to = sides.end();
        if (from < 0 || to < from) {
            return Optional.empty();
        }
        return Optional.of(new Range(from, withoutBlanks(message, from, to)));
    }

    /** Blanks behind what ends a turn are the template's; where nothing else ends it, they do. */
    private int withoutBlanks(int message, int from, int to) {
        String turn = whole.substring(from, to).stripTrailing();
        String content = String.valueOf(messages.get(message).get("content")).strip();
        return turn.isEmpty() || (!content.isEmpty() && turn.endsWith(content)) ? to : from + turn.length();
    }

    private List<Map<String, Object>> first(int count) {
        return messages.subList(0, count);
    }

    /** Null where the template refuses so few messages. */
    private String written(List<Map<String, Object>> some, boolean prompt) {
        try {
            return writing.write(some, prompt);
        } catch (TemplateException _) {
            return null;
        }
    }

    /** The number of characters that two texts begin with in common. */
    private static int shared(String a, String b) {
        int at = 0;
        while (at < Math.min(a.length(), b.length()) && a.charAt(at) == b.charAt(at)) {
            at++;
        }
        return at;
    }

    /** A turn of the conversation: the text that is written before it, and the text that closes it. */
    private final class Sides {
        private final int message;
        private final String prompt;
        private final String before;
        /** The end of the prompt, which asks for an answer. */
        private final String asking;

        private Marked marked;

        Sides(int message) {
            this.message = message;
            this.prompt = written(first(message), true);
            this.before = written(first(message), false);
            this.asking = prompt == null || before == null ? "" : prompt.substring(withoutTorn(prompt, before));
        }

        /** The end of what both have, where the second is not all of it without a marker that both only begin. */
        private static int withoutTorn(String text, String other) {
            int at = shared(text, other);
            if (at == other.length() || at == text.length()) {
                return at;
            }
            while (at > 0 && !closes(text.charAt(at - 1))) {
                at--;
            }
            return at;
        }

        private static boolean closes(char c) {
            return Character.isWhitespace(c) || ">])}".indexOf(c) >= 0;
        }

        int start() {
            if (prompt != null && whole.startsWith(prompt)) {
                return prompt.length();
            }
            int content = marked().start();
            if (content < 0) {
                return prompt == null ? -1 : begun(shared(whole, prompt));
            }
            if (prompt != null && before != null && whole.startsWith(before)) {
                return Math.min(content, Math.max(before.length(), shared(whole, prompt)));
            }
            int asked = asking.isEmpty() ? -1 : whole.lastIndexOf(asking, content - asking.length());
            return asked < 0 ? content : asked + asking.length();
        }

        /** A difference counts as the turn's beginning when what was before it is written alike. */
        private int begun(int differs) {
            return before != null && whole.startsWith(before) && differs >= before.length() ? differs : -1;
        }

        int end() {
            for (String closed : closed(first(message + 1))) {
                if (whole.startsWith(closed)) {
                    return closed.length();
                }
            }
            return marked().end() >= 0 ? marked().end() : beforeNext();
        }

        /** The messages as they stand when an answer may follow, and when nothing does. */
        private List<String> closed(List<Map<String, Object>> some) {
            List<String> forms = new ArrayList<>();
            String answered = written(some, true);
            if (answered != null && !asking.isEmpty() && answered.endsWith(asking)) {
                forms.add(answered.substring(0, answered.length() - asking.length()));
            }
            String last = written(some, false);
            if (last != null) {
                forms.add(last);
            }
            return forms;
        }

        private Marked marked() {
            if (marked == null) {
                marked = mark();
            }
            return marked;
        }

        private Marked mark() {
            List<Map<String, Object>> with = marking(message, MARK);
            String text = written(with, false);
            int at = place(text, MARK);
            if (at < 0) {
                return Marked.NOWHERE;
            }
            String tail = text.substring(at + MARK.length());
            boolean starts = whole.startsWith(text.substring(0, at));
            boolean ends = whole.length() >= at + tail.length() && whole.endsWith(tail);
            return new Marked(
                    starts ? at : -1,
                    ends ? whole.length() - tail.length() + closing(with.subList(0, message + 1), tail) : -1);
        }

        /** The number of characters behind the mark that belong to its turn; far below 0 where that is not known. */
        private int closing(List<Map<String, Object>> with, String tail) {
            for (String closed : closed(with)) {
                String end = closed.substring(closed.lastIndexOf(MARK) + MARK.length());
                if (closed.contains(MARK) && tail.startsWith(end)) {
                    return end.length();
                }
            }
            return Integer.MIN_VALUE / 2;
        }

        /** The place where the next message's introduction begins and the turn ends; negative where it is not known. */
        private int beforeNext() {
            if (message + 1 == messages.size()) {
                return -1;
            }
            List<Map<String, Object>> with = marking(message + 1, NEXT_MARK);
            String text = written(with, false);
            int at = place(text, NEXT_MARK);
            if (at < 0 || !whole.startsWith(text.substring(0, at))) {
                return -1;
            }
            for (String introduction : introductions(with.get(message + 1))) {
                if (!introduction.isEmpty() && whole.startsWith(introduction, at - introduction.length())) {
                    return at - introduction.length();
                }
            }
            return -1;
        }

        /** The introductions of the next message's content: behind this turn, and behind a plain one in its place. */
        private List<String> introductions(Map<String, Object> next) {
            List<String> found = new ArrayList<>();
            List<Map<String, Object>> plain = new ArrayList<>(first(message));
            plain.add(Map.of("role", messages.get(message).get("role"), "content", MARK));
            for (List<Map<String, Object>> before : List.of(first(message + 1), plain)) {
                List<Map<String, Object>> both = new ArrayList<>(before);
                both.add(next);
                String text = written(both, false);
                int at = place(text, NEXT_MARK);
                for (String closed : at < 0 ? List.<String>of() : closed(before)) {
                    String behind = behindMark(text.substring(0, at));
                    if (behind.startsWith(behindMark(closed))) {
                        found.add(behind.substring(behindMark(closed).length()));
                    }
                }
            }
            return found;
        }

        /** The text behind the last mark; all of the text where there is no mark. */
        private static String behindMark(String text) {
            int at = text.lastIndexOf(MARK);
            return at < 0 ? text : text.substring(at + MARK.length());
        }
    }

    private List<Map<String, Object>> marking(int message, String mark) {
        List<Map<String, Object>> with = new ArrayList<>(messages);
        Map<String, Object> marked = new HashMap<>(messages.get(message));
        marked.put("content", mark);
        with.set(message, marked);
        return with;
    }

    /** The place of a mark that stands in a text once; negative where it does not. */
    private static int place(String text, String mark) {
        int at = text == null ? -1 : text.indexOf(mark);
        return at >= 0 && text.lastIndexOf(mark) == at ? at : -1;
    }

    /** The places where a turn's content begins and the turn ends; negative where they are not known. */
    private record Marked(int start, int end) {
        static final Marked NOWHERE = new Marked(-1, -1);
    }
}
