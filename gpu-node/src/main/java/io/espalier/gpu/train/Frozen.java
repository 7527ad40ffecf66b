package io.espalier.gpu.train;

import io.espalier.gpu.Compared;
import io.espalier.gpu.Refused;
import java.util.Collection;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Parameters that training leaves as they are, by name; {@code *} stands for anything. A tied head is the embedding, and
 * goes by its name.
 */
public record Frozen(@Compared(as = "freeze") List<String> patterns) {
    /** Everything moves. */
    public static final Frozen NONE = new Frozen(List.of());

    public Frozen {
        patterns = List.copyOf(patterns);
    }

    boolean covers(String name) {
        return patterns.stream().anyMatch(pattern -> matches(pattern, name));
    }

    private static boolean matches(String pattern, String name) {
        String regex = pattern.chars()
                .mapToObj(c -> c == '*' ? ".*" : Pattern.quote(Character.toString(c)))
                .collect(Collectors.joining());
        return name.matches(regex);
    }

    /** Refuses a pattern that covers nothing, and patterns that cover everything. */
    void check(Collection<String> names) {
        for (String pattern : patterns) {
            if (names.stream().noneMatch(name -> matches(pattern, name))) {
                throw Refused.usage(
                        "freeze",
                        pattern,
                        "must cover a parameter, such as " + names.iterator().next());
            }
        }
        if (names.stream().allMatch(this::covers)) {
            throw Refused.usage("freeze", String.join(",", patterns), "must leave something to train");
        }
    }
}
