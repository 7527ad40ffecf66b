package io.espalier.streams.tasks;

import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The rules of lm-eval by which the number in a written answer of GSM8K is found and compared with the solution's. */
public enum WrittenAnswer {
    /** The number behind the first ####. */
    STRICT_MATCH("strict-match", Pattern.compile("#### (-?[0-9.,]+)"), false),
    /** The last number anywhere. */
    FLEXIBLE_EXTRACT("flexible-extract", Pattern.compile("(-?[$0-9.,]{2,})|(-?[0-9]+)"), true);

    private static final String NONE = "[invalid]";
    /** Text that is left out of both sides before they are compared, in this order; {@code $} is the end as Python has it. */
    private static final List<Pattern> IGNORED = List.of(
            Pattern.compile(","),
            Pattern.compile("\\$"),
            Pattern.compile(".*#### ", Pattern.DOTALL),
            Pattern.compile("\\.$", Pattern.UNIX_LINES));

    private final String title;
    private final Pattern pattern;
    private final boolean last;

    WrittenAnswer(String title, Pattern pattern, boolean last) {
        this.title = title;
        this.pattern = pattern;
        this.last = last;
    }

    public String title() {
        return title;
    }

    /** The number in a text, as it is written there; {@code [invalid]} where there is none. */
    public String find(String written) {
        String found = NONE;
        Matcher matcher = pattern.matcher(written);
        while (matcher.find()) {
            found = matcher.group(last ? 0 : 1);
            if (!last) {
                break;
            }
        }
        return found;
    }

    /** Whether the number found is the solution's. */
    public boolean isRight(String written, String solution) {
        return bare(find(written)).equals(bare(solution));
    }

    private static String bare(String text) {
        String bare = text;
        for (Pattern ignored : IGNORED) {
            bare = ignored.matcher(bare).replaceAll("");
        }
        return bare.toLowerCase(Locale.ROOT);
    }
}
